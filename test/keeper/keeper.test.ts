import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {Fault} from '../../src/common/fault.js';
import {KeeperClient} from '../../src/keeper/client.js';
import type {FreezeResult, SessionEvent, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';

const {counter} = demoServices;

test('a second front end sees all events from the first on, and may decide', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const driver = await KeeperClient.connect(checkpoint);
	const other = await KeeperClient.connect(checkpoint);
	t.teardown(() => [driver, other].forEach((one) => void one.close()));
	const events: SessionEvent[] = [];
	await other.subscribe((event) => {
		events.push(event);
		if (event.type === 'stage-reached' && event.gate) void other.decide('continue');
	});
	t.is(events[0]?.type, 'started');
	t.deepEqual(
		events.map(({seq}) => seq),
		events.map((_, index) => index),
		'none is missing',
	);
	const {verdict} = await driver.thaw({stepping: true, leaveStopped: false});
	t.true(verdict.preserved);
	t.is(await client.add(counter, 1), 1);
	const decided = events.filter((event) => event.type === 'stage-decided');
	t.true(decided.length >= 4, 'every stage of the thaw was decided by the other');
});

test('what cannot be decided or done twice is refused', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const client = await KeeperClient.connect(checkpoint);
	t.teardown(() => client.close());
	await t.throwsAsync(client.decide('continue'), {instanceOf: Fault, message: /not-now/});
	const thaws = [1, 2].map(() => client.thaw({stepping: false, leaveStopped: false}));
	const outcomes = await Promise.allSettled(thaws);
	t.deepEqual(outcomes.map(({status}) => status).sort(), ['fulfilled', 'rejected']);
});

test('it outlives the usual ways to end a background program', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint, keeperPid} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'] as const) process.kill(keeperPid, signal);
	const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.true(verdict.preserved);
	await until(() => !fs.existsSync(`/proc/${keeperPid}`), 'it ends when it is not needed any more');
	t.false(fs.existsSync(path.join(checkpoint, 'keeper.sock')));
});

test('a checkpoint deep in the file system: longer than a socket address', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const output = path.join(bus.dir, 'a-rather-long-name-of-a-folder/'.repeat(6), 'checkpoint');
	t.true(output.length > 108);
	await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--output', output);
	const {verdict} = await cli.ok<ThawResult>(t, 'thaw', output);
	t.true(verdict.preserved);
});

test('a socket that others could have put there is not talked to', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	fs.chmodSync(checkpoint, 0o755);
	await t.throwsAsync(KeeperClient.connect(checkpoint), {instanceOf: Fault, message: /open-socket/});
	fs.chmodSync(checkpoint, 0o700);
	fs.chownSync(checkpoint, 65534, 65534);
	await t.throwsAsync(KeeperClient.connect(checkpoint), {
		instanceOf: Fault,
		message: /foreign-socket/,
	});
	fs.chownSync(checkpoint, 0, 0);
	await cli.ok<ThawResult>(t, 'thaw', checkpoint);
});
