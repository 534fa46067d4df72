import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {isHalfRestored} from '../../src/criu/leftovers.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {criuOf, instances, keeperOf, Stepped, strays} from '../support/survival.js';
import {stateOf} from './abort-tests.js';

const {counter} = demoServices;

interface Repaired {
	repaired: Array<{name: string; repaired: string[]}>;
}

async function setUp(t: ExecutionContext) {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	return {bus, pid, cli: new Cli(bus), client: await TestClient.connect(t, bus)};
}

/** What the doctor says of leftovers. */
async function complaints(cli: Cli): Promise<string> {
	const {document} = await cli.json<{checks: Array<{check: string; status: string; detail?: string}>}>(
		'doctor',
	);
	const notes = document.checks.filter(
		({check, status}) => /left in between/.test(check) && status === 'note',
	);
	return notes.map(({detail}) => detail ?? '').join('\n');
}

function killAll(pids: readonly number[]): void {
	for (const pid of pids) process.kill(pid, 'SIGKILL');
}

test('front end, keeper and criu are killed at once in a thaw: repaired, then thawed on a new connection', async (t) => {
	const {bus, pid, cli, client} = await setUp(t);
	t.is(await client.add(counter, 5), 5);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const thaw = Stepped.thaw(cli, checkpoint);
	await thaw.to('post-restore');
	const both = [criuOf(checkpoint), keeperOf(checkpoint)];
	thaw.kill();
	killAll(both);
	await until(() => isHalfRestored(pid), 'what was restored by half waits for nobody');
	const said = await complaints(cli);
	t.regex(said, /processes of criu.*socket.*checkpoints repair/s);
	const {repaired} = await cli.ok<Repaired>(t, 'checkpoints', 'repair');
	t.true(repaired[0]?.repaired.includes('processes'), JSON.stringify(repaired));
	t.deepEqual(strays(checkpoint, [pid], bus.pid), []);
	t.deepEqual(instances(counter, bus.dir), []);
	t.is(stateOf(checkpoint), 'frozen');
	t.notRegex(await complaints(cli), /checkpoints repair/);
	t.is((await cli.ok<ThawResult>(t, 'thaw', checkpoint)).mode, 'reconnected');
	t.is(await client.get(counter), 5);
});

test('front end, keeper and criu are killed at once in a freeze: the service runs, the rest is repaired', async (t) => {
	const {bus, pid, cli, client} = await setUp(t);
	const freeze = Stepped.freeze(cli, counter.name);
	await freeze.to('post-dump');
	const both = [criuOf(freeze.checkpoint), keeperOf(freeze.checkpoint)];
	freeze.kill();
	killAll(both);
	t.is(await client.add(counter, 1), 1);
	t.is(stateOf(freeze.checkpoint), 'freezing');
	t.regex(await complaints(cli), /state.*socket.*gate.*checkpoints repair/s);
	const {checkpoints} = await cli.ok<{checkpoints: Array<{state: string; leftBehind: string[]}>}>(
		t,
		'checkpoints',
	);
	t.is(checkpoints[0]?.state, 'still-runs');
	t.true(checkpoints[0]?.leftBehind.includes('state'));
	await cli.ok<Repaired>(t, 'checkpoints', 'repair');
	t.is(stateOf(freeze.checkpoint), 'aborted');
	t.deepEqual(strays(freeze.checkpoint, [pid], bus.pid), []);
	t.is(await complaints(cli), '');
	t.true((await cli.ok<ThawResult>(t, 'cycle', counter.name)).verdict.preserved);
});

test('a criu that hangs without a keeper is ended, and its target runs', async (t) => {
	const {bus, pid, cli, client} = await setUp(t);
	const freeze = Stepped.freeze(cli, counter.name);
	await freeze.to('post-dump');
	const criu = criuOf(freeze.checkpoint);
	process.kill(criu, 'SIGSTOP');
	const keeper = keeperOf(freeze.checkpoint);
	freeze.kill();
	process.kill(keeper, 'SIGKILL');
	const waits = client.add(counter, 1);
	const {repaired} = await cli.ok<Repaired>(t, 'checkpoints', 'repair');
	t.true(repaired[0]?.repaired.includes('processes'), JSON.stringify(repaired));
	t.is(await waits, 1);
	t.deepEqual(strays(freeze.checkpoint, [pid], bus.pid), []);
	t.is(stateOf(freeze.checkpoint), 'aborted');
});

test('half-written folders and links to nothing go; what a living keeper owns, or is none of ours, stays', async (t) => {
	const {cli, client} = await setUp(t);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const store = path.dirname(checkpoint);
	const half = path.join(store, 'half');
	for (const part of ['images', 'gate', 'stash']) fs.mkdirSync(path.join(half, part), {recursive: true});
	fs.writeFileSync(path.join(half, 'keeper.log'), '');
	const young = path.join(store, 'young');
	fs.cpSync(half, young, {recursive: true});
	const foreign = path.join(store, 'foreign');
	fs.cpSync(half, foreign, {recursive: true});
	fs.writeFileSync(path.join(foreign, 'letter.txt'), 'somebody else wrote this');
	const anHourAgo = Date.now() / 1000 - 3600;
	for (const dir of [half, foreign]) fs.utimesSync(dir, anHourAgo, anHourAgo);
	fs.symlinkSync('/nowhere/at/all', path.join(store, 'link'));
	t.regex(await complaints(cli), /half.*link/s);
	const before = fs.readdirSync(checkpoint);
	const {repaired} = await cli.ok<Repaired>(t, 'checkpoints', 'repair');
	t.deepEqual(repaired.map(({name, repaired: what}) => [name, ...what]).sort(), [
		['half', 'half-written'],
		['link', 'dangling-link'],
	]);
	t.false(fs.existsSync(half));
	t.true(fs.existsSync(young), 'somebody may be about to write there');
	t.true(fs.existsSync(foreign));
	t.deepEqual(fs.readdirSync(checkpoint), before);
	t.true((await cli.ok<ThawResult>(t, 'thaw', checkpoint)).verdict.preserved);
	t.is(await client.add(counter, 1), 1);
});
