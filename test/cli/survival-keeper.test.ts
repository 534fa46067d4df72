import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {instances, keeperOf, Stepped, strays} from '../support/survival.js';
import {stateOf} from './abort-tests.js';

const {counter} = demoServices;

async function setUp(t: ExecutionContext) {
	const bus = await testBus(t);
	const isClean = (checkpoint: string, pid: number) => {
		t.deepEqual(strays(checkpoint, [pid], bus.pid), []);
		t.true(instances(counter, bus.dir).length <= 1, 'never two');
		t.false(fs.existsSync(path.join(checkpoint, 'keeper.sock')));
		t.deepEqual(fs.readdirSync(path.join(checkpoint, 'gate')), []);
	};
	return {bus, cli: new Cli(bus), client: await TestClient.connect(t, bus), isClean};
}

for (const policy of ['queue', 'refuse']) {
	test(`the keeper is killed at each stage of the freeze, ${policy}: the service answers`, async (t) => {
		const {bus, cli, client, isClean} = await setUp(t);
		const {pid} = await startService(bus, counter);
		let expected = 0;
		for (const stage of ['snapshot', 'hold', 'pre-dump', 'post-dump']) {
			const freeze = Stepped.freeze(cli, counter.name, '--while-frozen', policy);
			await freeze.to(stage);
			process.kill(keeperOf(freeze.checkpoint), 'SIGKILL');
			const {code, document} = await freeze.end();
			t.is(code, 6);
			t.like(document.error, {code: 'keeper-unreachable', processState: 'running'}, stage);
			t.is(await client.add(counter, 1), ++expected);
			isClean(freeze.checkpoint, pid);
			t.is(stateOf(freeze.checkpoint), 'aborted');
		}
		const {verdict} = await cli.ok<ThawResult>(t, 'cycle', counter.name);
		t.true(verdict.preserved, 'and it can be frozen afterwards');
		t.is(await client.add(counter, 1), ++expected);
	});
}

for (const stage of ['pre-restore', 'post-restore']) {
	test(`the keeper is killed at ${stage}: frozen, and its connection is gone`, async (t) => {
		const {bus, cli, client, isClean} = await setUp(t);
		const {pid} = await startService(bus, counter);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--while-frozen', 'refuse');
		client.bump(10);
		const thaw = Stepped.thaw(cli, checkpoint);
		await thaw.to(stage);
		process.kill(keeperOf(checkpoint), 'SIGKILL');
		const {code, document} = await thaw.end();
		t.is(code, 6);
		t.like(document.error, {code: 'hold-lost', processState: 'frozen'});
		t.regex(document.error.hint, /images are intact/);
		isClean(checkpoint, pid);
		t.deepEqual(instances(counter, bus.dir), []);
		t.is(await client.owner(counter.name), undefined, 'nobody has its name');
		const {checkpoints} = await cli.ok<{checkpoints: Array<{state: string}>}>(t, 'checkpoints');
		t.is(checkpoints[0]?.state, 'keeper-gone');
		const again = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.is(again.mode, 'reconnected');
		t.true(again.verdict.preserved, JSON.stringify(again.verdict));
		t.is(await client.add(counter, 1), 11, 'it has the signal that waited');
		t.is((await cli.ok<ThawResult>(t, 'cycle', counter.name)).mode, 'held');
	});
}

test('the keeper is killed at pre-resume: the service runs, and has what waited', async (t) => {
	const {bus, cli, client, isClean} = await setUp(t);
	const {pid} = await startService(bus, counter);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--while-frozen', 'refuse');
	client.bump(10);
	await client.daemon('GetId');
	const thaw = Stepped.thaw(cli, checkpoint);
	await thaw.to('pre-resume');
	process.kill(keeperOf(checkpoint), 'SIGKILL');
	const {code, document} = await thaw.end();
	t.is(code, 6);
	t.like(document.error, {code: 'keeper-unreachable', processState: 'running'});
	t.is(await client.add(counter, 1), 11);
	isClean(checkpoint, pid);
	t.is(stateOf(checkpoint), 'thawed');
	for (const name of fs.readdirSync(path.join(checkpoint, 'stash')))
		t.deepEqual(fs.readdirSync(path.join(checkpoint, 'stash', name)), [], 'nothing is left to be delivered');
	t.true((await cli.ok<ThawResult>(t, 'cycle', counter.name)).verdict.preserved);
});

test('the keeper of a frozen service is killed: its names are free, callers are told at once', async (t) => {
	const {bus, cli, client, isClean} = await setUp(t);
	const {pid} = await startService(bus, counter);
	const {checkpoint, keeperPid} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const answer = client.add(counter, 1);
	await client.daemon('GetId');
	process.kill(keeperPid, 'SIGKILL');
	const error = (await t.throwsAsync(answer)) as Error & {type: string};
	t.is(error.type, 'org.freedesktop.DBus.Error.NoReply');
	await until(async () => (await client.owner(counter.name)) === undefined, 'the name is free');
	await cli.ok(t, 'checkpoints', 'repair');
	isClean(checkpoint, pid);
	t.is(stateOf(checkpoint), 'frozen', 'its images are kept');
	const second = await startService(bus, counter);
	const {code, document} = await cli.json<{error: {code: string; processState: string}}>('thaw', checkpoint);
	t.is(code, 6, 'never two instances');
	t.like(document.error, {code: 'name-owned', processState: 'frozen'});
	process.kill(second.pid, 'SIGKILL');
	await until(async () => (await client.owner(counter.name)) === undefined, 'the name is free again');
	t.is((await cli.ok<ThawResult>(t, 'thaw', checkpoint)).mode, 'reconnected');
	t.is(await client.add(counter, 1), 1);
});
