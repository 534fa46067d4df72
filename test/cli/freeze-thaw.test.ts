import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {compile, flagsOf} from '../support/compile.js';
import {demoServices, startService} from '../support/services.js';

const {counter, ledger, gauge, notes} = demoServices;

for (const service of [counter, ledger, gauge, notes]) {
	test(`${service.library}: frozen, its name stays, calls and signals wait and are handled once`, async (t) => {
		const bus = await testBus(t);
		const {pid, logPath} = await startService(bus, service);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const owner = (await client.owner(service.name)) ?? 'nobody';
		t.is(await client.add(service, 7), 7);

		const frozen = await cli.ok<FreezeResult>(t, 'freeze', service.name);
		t.is(frozen.pid, pid);
		t.is(frozen.uniqueName, owner);
		t.deepEqual(frozen.names, [service.name]);
		t.false(fs.existsSync(`/proc/${pid}`), 'the process is gone');
		t.is(await client.owner(service.name), owner, 'the name is still owned by the same connection');
		t.true(frozen.imageBytes > 10_000);
		t.deepEqual(
			frozen.stages.map((stage) => stage.name),
			['snapshot', 'hold', 'pre-dump', 'post-dump'],
		);

		client.bump(100);
		const answers: number[] = [];
		const calls = [1, 10].map(async (amount) => answers.push(await client.add(service, amount)));
		await client.daemon('GetId');
		await delay(100);
		t.deepEqual(answers, [], 'nobody answers while it is frozen');

		const thawed = await cli.ok<ThawResult>(t, 'thaw', frozen.checkpoint);
		await Promise.all(calls);
		t.deepEqual(answers, [108, 118], 'the signal and each call arrived once, in order');
		t.is(await client.get(service), 118);
		t.is(await client.who(service), owner, 'the service itself sees its old unique name');
		t.is(thawed.mode, 'held');
		t.is(thawed.pid, pid);
		t.deepEqual(thawed.uniqueName, {before: owner, after: owner});
		t.deepEqual(thawed.names, [service.name]);
		t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict));
		t.notRegex(fs.readFileSync(logPath, 'utf8'), /disconnected/);
	});

	test(`${service.library}: ten cycles in a row on the same process`, async (t) => {
		const bus = await testBus(t);
		const {pid} = await startService(bus, service);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const owner = (await client.owner(service.name)) ?? 'nobody';
		const rulesBefore = await matchRules(client, owner);
		for (let round = 1; round <= 10; round++) {
			const {pid: same, verdict, uniqueName} = await cli.ok<ThawResult>(t, 'cycle', service.name);
			t.is(same, pid);
			t.true(verdict.preserved, `round ${round}: ${JSON.stringify(verdict)}`);
			t.is(uniqueName.after, owner);
			t.is(await client.add(service, 1), round);
		}
		t.deepEqual(await matchRules(client, owner), rulesBefore);
		t.true(rulesBefore.length > 0);
	});
}

test('a target can be a unique name, a pid, or the end of a name', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, ledger);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const owner = (await client.owner(ledger.name)) ?? '';
	for (const target of [owner, `pid:${pid}`, 'Ledger']) {
		const {pid: found} = await cli.ok<ThawResult>(t, 'cycle', target);
		t.is(found, pid, target);
	}
});

test('list shows what is frozen, in which checkpoint, and whose it was', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	type Listed = {connections: Array<{names: string[]; pid?: number; frozen: boolean; checkpoint?: string}>};
	const listed = async () =>
		(await cli.ok<Listed>(t, 'list')).connections.find(({names}) => names.includes(counter.name));
	t.like(await listed(), {pid, frozen: true, checkpoint: checkpoint.split('/').at(-1)});
	await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.like(await listed(), {pid, frozen: false});
});

test('folders are 0700 and files 0600: memory and messages are secrets', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const open: string[] = [];
	for (const entry of fs.readdirSync(checkpoint, {recursive: true, withFileTypes: true})) {
		const file = `${entry.parentPath}/${entry.name}`;
		if (fs.lstatSync(file).mode & 0o077) open.push(file);
	}
	// criu's own images are 0600 by its own doing; the folder keeps everybody out in any case.
	t.deepEqual(open, []);
	t.is(fs.statSync(checkpoint).mode & 0o777, 0o700);
});

test('--leave-running writes images and changes nothing', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--leave-running');
	t.true(fs.existsSync(`/proc/${pid}`));
	t.is(await client.add(counter, 1), 1);
	const {code} = await cli.json('thaw', checkpoint);
	t.is(code, 5);
	t.is(await client.add(counter, 1), 2, 'refused, and nothing touched');
});

test('--leave-stopped restores, and SIGCONT lets it run', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const answered = client.add(counter, 5);
	await cli.ok<ThawResult>(t, 'thaw', checkpoint, '--leave-stopped');
	t.regex(fs.readFileSync(`/proc/${pid}/status`, 'utf8'), /^State:\s+T/m);
	process.kill(pid, 'SIGCONT');
	t.is(await answered, 5);
});

async function matchRules(client: TestClient, owner: string): Promise<string[]> {
	const [all] = await client.call(
		'org.freedesktop.DBus',
		'/org/freedesktop/DBus',
		'GetAllMatchRules',
		'',
		[],
		'org.freedesktop.DBus.Debug.Stats',
	);
	return (all as Record<string, string[]>)[owner] ?? [];
}

test('an unread message with a descriptor: refused before the process is gone, and frozen when it is read', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const owner = (await client.owner(counter.name)) ?? 'nobody';
	const sender = compile(
		t,
		path.join(import.meta.dirname, '../dbus/programs/fd-sender.c'),
		flagsOf('dbus-1'),
	);
	process.kill(pid, 'SIGSTOP');
	const child = spawn(sender, ['1', owner], {env: {...process.env, ...bus.env}, stdio: 'ignore'});
	await once(child, 'exit');
	await client.daemon('GetId');
	const {code, document} = await cli.json<JsonError>('freeze', counter.name);
	t.is(code, 6);
	t.like(document.error, {code: 'carried-descriptor', processState: 'running', stage: 'post-dump'});
	process.kill(pid, 'SIGCONT');
	t.is(await client.add(counter, 1), 1);
	const {verdict} = await cli.ok<ThawResult>(t, 'cycle', counter.name);
	t.true(verdict.preserved);
});
