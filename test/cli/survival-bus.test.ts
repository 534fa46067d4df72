import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {readJournal} from '../../src/checkpoint/journal.js';
import type {FreezeResult, SessionEvent, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {endDaemon, restartDaemon} from '../support/restart.js';
import {demoServices, startService} from '../support/services.js';
import {busSocketsOf, instances, Stepped, shutDown, strays} from '../support/survival.js';
import {stateOf} from './abort-tests.js';

const {counter} = demoServices;

async function setUp(t: ExecutionContext) {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	return {bus, pid, cli: new Cli(bus), client: await TestClient.connect(t, bus)};
}

test('the daemon ends while a service is frozen: said so, and nothing is lost but the connection', async (t) => {
	const {bus, pid, cli} = await setUp(t);
	const {checkpoint, keeperPid} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	await endDaemon(bus);
	const state = async () =>
		(await cli.ok<{checkpoints: Array<{state: string}>}>(t, 'checkpoints')).checkpoints[0]?.state;
	await until(async () => (await state()) === 'connection-gone', 'it is seen');
	const kept = await cli.json<JsonError>('checkpoints', 'remove', path.basename(checkpoint));
	t.is(kept.code, 5, 'its keeper lives');
	const early = await cli.json<JsonError>('thaw', checkpoint);
	t.is(early.code, 3);
	t.like(early.document.error, {code: 'bus-unreachable', processState: 'frozen'});
	await restartDaemon(bus);
	const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.is(thawed.mode, 'reconnected');
	t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict));
	t.deepEqual(strays(checkpoint, [pid], bus.pid), []);
	const address = bus.address.replace(/,guid=.*/, '');
	const client = await TestClient.connect(t, {...bus, address});
	t.is(await client.add(counter, 1), 1);
	await until(() => !fs.existsSync(`/proc/${keeperPid}/exe`), 'the keeper ends');
});

for (const stage of ['pre-restore', 'post-restore']) {
	test(`the daemon ends at ${stage}: still frozen, and nothing runs without a connection`, async (t) => {
		const {bus, pid, cli} = await setUp(t);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
		const thaw = Stepped.thaw(cli, checkpoint);
		await thaw.to(stage);
		await endDaemon(bus);
		thaw.next();
		const {code, document} = await thaw.end();
		t.is(code, 6);
		t.like(document.error, {code: 'hold-lost', processState: 'frozen'});
		t.deepEqual(strays(checkpoint, [pid], bus.pid), []);
		t.deepEqual(instances(counter, bus.dir), []);
	});
}

test('the daemon ends at pre-resume: the service runs, and sees the end of its connection', async (t) => {
	const {bus, pid, cli} = await setUp(t);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const thaw = Stepped.thaw(cli, checkpoint);
	await thaw.to('pre-resume');
	await endDaemon(bus);
	thaw.next();
	const {code, document} = await thaw.end<ThawResult & JsonError>();
	t.true([1, 6, 7].includes(code), JSON.stringify(document));
	t.deepEqual(strays(checkpoint, [pid], bus.pid), []);
	t.is(stateOf(checkpoint), 'thawed');
});

test('the daemon ends at post-dump: the service is not frozen', async (t) => {
	const {bus, pid, cli} = await setUp(t);
	const freeze = Stepped.freeze(cli, counter.name);
	await freeze.to('pre-dump');
	await endDaemon(bus);
	freeze.next();
	const {code, document} = await freeze.end();
	t.is(code, 6);
	t.like(document.error, {code: 'connection-closed', processState: 'running'});
	t.deepEqual(strays(freeze.checkpoint, [pid], bus.pid), []);
});

for (const what of ['the stand-in', "each of the keeper's own connections"] as const) {
	test(`${what} is cut off: calls are refused all the time, and the thaw works`, async (t) => {
		const {bus, cli, client} = await setUp(t);
		const owner = await client.owner(counter.name);
		const {checkpoint, keeperPid, held} = await cli.ok<FreezeResult>(
			t,
			'freeze',
			counter.name,
			'--while-frozen',
			'refuse',
		);
		const standIn = await client.owner(counter.name);
		const own = busSocketsOf(keeperPid, bus.pid).filter((inode) => held.every((end) => end.inode !== inode));
		const names = async () => (await client.daemon('ListNames')) as string[];
		for (const inode of own) {
			const before = await names();
			shutDown(keeperPid, inode);
			await until(async () => {
				const now = await names();
				return before.some((name) => name.startsWith(':') && !now.includes(name));
			}, 'the daemon has seen it');
			// Which socket is whose cannot be seen beforehand.
			if (what === 'the stand-in' && !(await names()).includes(standIn ?? '')) break;
		}
		for (let calls = 0; calls < 20; calls++) {
			const error = (await t.throwsAsync(client.get(counter))) as Error & {type: string};
			t.is(error.type, 'io.github.dbusfreeze.Error.Frozen');
		}
		await until(async () => ![standIn, owner].includes(await client.owner(counter.name)), 'another stand-in');
		const warned = readJournal<SessionEvent>(path.join(checkpoint, 'events.jsonl'));
		const warnings = warned.flatMap((event) => (event.type === 'warning' ? [event.warning] : []));
		t.deepEqual(
			warnings.filter((warning) => warning.startsWith('stand-in')),
			['stand-in-lost', 'stand-in-back'],
		);
		client.bump(10);
		await client.daemon('GetId');
		const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.true(thawed.verdict.preserved);
		t.is(await client.owner(counter.name), owner);
		t.is(await client.add(counter, 1), 11);
		t.deepEqual(strays(checkpoint, [thawed.pid], bus.pid), []);
	});
}
