import fs from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {listUnixSockets} from '../../src/kernel/sock-diag.js';
import {canCallWithin} from '../../src/process/injected-call.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {instances, keeperOf, Stepped, strays} from '../support/survival.js';

const {counter} = demoServices;
// Elsewhere there is nothing left to fail at the last stage.
const atLastStage = canCallWithin() ? test : test.skip;

/** A service that is frozen, and a thaw with a new connection that stands at the last stage before it runs. */
async function setUp(t: ExecutionContext) {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	const {pid} = await startService(bus, counter);
	t.is(await client.add(counter, 5), 5);
	const cli = new Cli(bus);
	const owner = await client.owner(counter.name);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const thaw = Stepped.thaw(cli, checkpoint, '--reconnect');
	await thaw.to('post-restore');
	const isFrozen = () => {
		t.deepEqual(strays(checkpoint, [pid], bus.pid), []);
		t.deepEqual(instances(counter, bus.dir), []);
	};
	const thawsAs = async (mode: ThawResult['mode']) => {
		const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.is(thawed.mode, mode);
		t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict));
		t.is(await client.add(counter, 1), 6);
	};
	return {bus, client, pid, owner, checkpoint, thaw, isFrozen, thawsAs};
}

atLastStage('the daemon is silent when the process connects: what was held still is', async (t) => {
	const {bus, client, owner, thaw, isFrozen, thawsAs} = await setUp(t);
	t.is(await client.owner(counter.name), owner, 'until then nothing is let go');
	process.kill(bus.pid, 'SIGSTOP');
	thaw.next();
	const {code, document} = await thaw.end();
	process.kill(bus.pid, 'SIGCONT');
	t.is(code, 3);
	t.like(document.error, {code: 'bus-unreachable', processState: 'frozen'});
	isFrozen();
	t.is(await client.owner(counter.name), owner);
	await thawsAs('held');
	t.is(await client.owner(counter.name), owner);
});

atLastStage('it is aborted at the last stage: what was held still is', async (t) => {
	const {client, owner, thaw, checkpoint, isFrozen, thawsAs} = await setUp(t);
	thaw.kill('SIGTERM');
	await until(
		() => !fs.readFileSync(`${checkpoint}/manifest.json`, 'utf8').includes('"thawing"'),
		'it is over',
	);
	isFrozen();
	t.is(await client.owner(counter.name), owner);
	await thawsAs('held');
});

atLastStage('somebody waits for its name, and gets it when the old connection goes', async (t) => {
	const {client, thaw, isFrozen, thawsAs} = await setUp(t);
	await client.bus.requestName(counter.name, 0);
	thaw.next();
	const {code, document} = await thaw.end();
	t.is(code, 6);
	t.like(document.error, {code: 'name-owned', processState: 'frozen'});
	t.true(document.error.message.includes(client.uniqueName));
	isFrozen();
	t.is(await client.owner(counter.name), client.uniqueName);
	await client.bus.releaseName(counter.name);
	await thawsAs('reconnected');
});

atLastStage('the keeper is killed while the process connects: frozen, and can be thawed', async (t) => {
	const {bus, pid, checkpoint, thaw, isFrozen, thawsAs} = await setUp(t);
	process.kill(bus.pid, 'SIGSTOP');
	const isConnected = () => {
		const targets = fs.readdirSync(`/proc/${pid}/fd`).map((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`));
		return listUnixSockets().some(
			({inode, state}) => state === 'established' && targets.includes(`socket:[${inode}]`),
		);
	};
	t.false(isConnected());
	thaw.next();
	await until(isConnected, 'it is connected');
	process.kill(keeperOf(checkpoint), 'SIGKILL');
	process.kill(bus.pid, 'SIGCONT');
	const {code, document} = await thaw.end();
	t.is(code, 6);
	t.is(document.error.processState, 'frozen');
	isFrozen();
	await thawsAs('reconnected');
});
