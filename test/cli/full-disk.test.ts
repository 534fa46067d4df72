import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {begin} from '../../soak/program.js';
import {keeperIn} from '../../src/checkpoint/owner.js';
import type {Fault} from '../../src/common/fault.js';
import type {WaitingPage} from '../../src/dbus/held/service.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {KeeperClient} from '../../src/keeper/client.js';
import {isAlive, startTime} from '../../src/kernel/proc-stat.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {compile, flagsOf} from '../support/compile.js';
import {demoServices, startProgram, startService} from '../support/services.js';
import {smallDisk} from '../support/small-disk.js';
import {stateOf} from './abort-tests.js';

const {counter} = demoServices;

/** A checkpoint's place on a disk of its own. */
function diskFor(t: ExecutionContext, {dir}: PrivateBus, megabytes = 3) {
	const disk = path.join(dir, 'disk');
	return {...smallDisk(t, disk, megabytes), checkpoint: path.join(disk, 'checkpoint')};
}

test('the disk is full at the thaw: it is thawed all the same, and the manifest says so', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const disk = diskFor(t, bus);
	await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--output', disk.checkpoint);
	const answered = client.add(counter, 5);
	disk.fill(0);
	const {verdict} = await cli.ok<ThawResult>(t, 'thaw', disk.checkpoint);
	t.is(await answered, 5);
	t.true(verdict.preserved);
	t.is(stateOf(disk.checkpoint), 'thawed', 'there was a reserve for that');
	const {checkpoints} = await cli.ok<{checkpoints: Array<{state: string; pid: number}>}>(t, 'checkpoints');
	t.like(checkpoints[0], {state: 'thawed', pid});
});

test('the disk is full before anything could be written: said so, untouched, and the keeper ends', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const client = await TestClient.connect(t, bus);
	const stateDir = path.join(bus.dir, 'disk');
	const disk = smallDisk(t, stateDir);
	const {stdin, stdout, stderr, env} = process;
	for (const operation of ['freeze', 'cycle'] as const) {
		const begun = await begin(
			{
				bus: {kind: 'address', address: bus.address},
				stateDir,
				isDefaultStateDir: false,
				json: true,
				language: 'en',
				...{stdin, stdout, stderr, env},
			},
			counter.name,
			{stepping: false, portable: false, leaveRunning: false, policy: 'queue'},
		);
		const keeper = keeperIn(begun.checkpoint) ?? 0;
		const started = startTime(keeper) ?? '';
		disk.fill(0);
		const error = await t.throwsAsync<Fault>(begun.client[operation](begun.options));
		t.is(error.code, 'disk-full', operation);
		t.is(error.processState, 'running');
		begun.client.close();
		await until(() => !isAlive(keeper, started), 'it ends');
		disk.empty();
	}
	t.is(await client.add(counter, 5), 5);
	t.true(fs.existsSync(`/proc/${pid}`));
});

test('the disk is full while messages come: said so, nothing is lost, and it goes on when there is room', async (t) => {
	const bus = await testBus(t);
	const name = 'org.dbusfreeze.Test.Flooded';
	const program = compile(
		t,
		path.join(import.meta.dirname, '../dbus/programs/sequence.c'),
		flagsOf('dbus-1'),
	);
	const {logPath} = startProgram(bus, [program, 'serve', name], {logName: 'flooded'});
	await until(() => fs.readFileSync(logPath, 'utf8').includes('ready'), 'it is ready');
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const disk = diskFor(t, bus, 8);
	await cli.ok<FreezeResult>(t, 'freeze', name, '--output', disk.checkpoint);
	disk.fill(100_000);
	const send = (first: number, count: number) =>
		execFileSync(program, ['send', name, 'signal', String(first), String(count), '100000'], {
			env: {...process.env, ...bus.env},
		});
	const warnings = async () => {
		const keeper = await KeeperClient.connect(disk.checkpoint);
		const said: string[] = [];
		await keeper.subscribe((event) => {
			if (event.type === 'warning') said.push(event.warning);
		});
		keeper.close();
		return said;
	};
	send(0, 60);
	await until(async () => (await warnings()).includes('stash-full'), 'it says that the disk is full');
	const {total} = await cli.ok<WaitingPage>(t, 'waiting', disk.checkpoint, '--count', '1');
	t.true(total > 0 && total <= 60, 'the others are still with the daemon');
	disk.empty();
	await until(async () => (await warnings()).includes('stash-room'), 'it says that it goes on');
	disk.fill(0);
	send(60, 3);
	const asked = client.call(name, '/', 'Report', '', [], 'org.dbusfreeze.Test.Sequence');
	await client.daemon('GetId');
	const thawed = await cli.ok<ThawResult>(t, 'thaw', disk.checkpoint);
	t.true(thawed.verdict.preserved);
	t.deepEqual(await asked, [63, 0], 'all came, each in its turn');
});

// 0: not even the folder; 40 kB: the snapshot, but not the images; 200 kB: some of the images.
for (const free of [0, 40_960, 204_800]) {
	test(`the disk is full at the freeze, with ${free} bytes left: the service answers`, async (t) => {
		const bus = await testBus(t);
		await startService(bus, counter);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const disk = diskFor(t, bus);
		disk.fill(free);
		const {code, document} = await cli.json<JsonError>('freeze', counter.name, '--output', disk.checkpoint);
		t.true([5, 6].includes(code), JSON.stringify(document));
		t.regex(document.error.message + document.error.hint, /space/);
		t.true(['untouched', 'running'].includes(document.error.processState));
		t.is(await client.add(counter, 1), 1);
		disk.empty();
		const {verdict} = await cli.ok<ThawResult>(t, 'cycle', counter.name);
		t.true(verdict.preserved, 'and it can be frozen where there is room');
	});
}
