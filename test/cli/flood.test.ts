import {execFile} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import type {WaitingPage} from '../../src/dbus/held/service.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {compile, flagsOf} from '../support/compile.js';
import {startProgram} from '../support/services.js';

/** `npm run test:flood` sets it: floods of the size that a user would call one. */
const isLong = process.env.DBUSFREEZE_FLOOD === 'long';
const name = 'org.dbusfreeze.Test.Flooded';
const floods = [
	// dbus-daemon stalls the sender when 127 MiB wait for one connection.
	{kind: 'signal', count: isLong ? 1024 : 160, bytes: 1024 * 1024, title: 'signals of 1 MB'},
	{kind: 'call', count: isLong ? 200_000 : 20_000, bytes: 0, title: 'small calls'},
];

for (const {kind, count, bytes, title} of floods) {
	test(`${count} ${title} to a frozen service: no sender waits, nothing is lost or out of order`, async (t) => {
		t.timeout(300_000);
		const bus = await testBus(t);
		const source = path.join(import.meta.dirname, '../dbus/programs/sequence.c');
		const program = compile(t, source, flagsOf('dbus-1'));
		const {logPath} = startProgram(bus, [program, 'serve', name], {logName: 'flooded'});
		await until(() => fs.readFileSync(logPath, 'utf8').includes('ready'), 'it is ready');
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const report = () => client.call(name, '/', 'Report', '', [], 'org.dbusfreeze.Test.Sequence');
		const send = async (first: number, messages: number) => {
			const env = {...process.env, ...bus.env};
			const args = ['send', name, kind, String(first), String(messages), String(bytes)];
			const {stdout} = await promisify(execFile)(program, args, {env, timeout: 200_000});
			return stdout.trim();
		};
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', name);
		t.log(`sent in, longest wait for one (s): ${await send(0, count)}`);
		// The daemon has them all; the last of them may still be on their way to the stash.
		const all = async () => (await cli.ok<WaitingPage>(t, 'waiting', checkpoint, '--count', '1')).total;
		await until(async () => (await all()) === count, 'all wait');
		const asked = report();
		const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.log(`thawed in ${thawed.timings.totalMs.toFixed(0)} ms`);
		t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict));
		t.deepEqual(await asked, [count, 0], 'all came, each in its turn');
		await send(count, 10);
		t.deepEqual(await report(), [count + 10, 0]);
		t.deepEqual(
			fs
				.readdirSync(path.join(checkpoint, 'stash'), {recursive: true, withFileTypes: true})
				.filter((entry) => entry.isFile()),
			[],
		);
	});
}
