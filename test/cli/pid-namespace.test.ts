import fs from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {readText} from '../../src/process/read.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, tellsPid, testBus, until} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {occupy} from '../support/occupy.js';
import {ResourceProgram} from '../support/resources.js';
import {demoServices, startService} from '../support/services.js';
import {criuOf, keeperOf, Stepped} from '../support/survival.js';

const {counter, ledger, gauge, notes} = demoServices;

/** The numbers of a process, from here inwards. */
function numbersOf(pid: number): number[] {
	const [, numbers = ''] = /^NSpid:\s*(.*)$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
	return numbers.split(/\s+/).map(Number);
}

for (const service of [counter, ledger, gauge, notes]) {
	test(`${service.library}: thawed although its number is taken, and frozen and thawed again`, async (t) => {
		const bus = await testBus(t);
		const {pid} = await startService(bus, service);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const owner = await client.owner(service.name);
		t.is(await client.add(service, 7), 7);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', service.name);
		await occupy(t, pid);
		const refused = await cli.json<JsonError>('thaw', checkpoint);
		t.is(refused.code, 5);
		t.is(refused.document.error.code, 'pid-taken');
		const waiting = client.add(service, 1);
		const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint, '--pid-namespace', '--verify-memory');
		t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict.differences));
		t.is(thawed.mode, 'held');
		t.is(thawed.ownPid, pid);
		t.deepEqual(numbersOf(thawed.pid), [thawed.pid, pid]);
		t.is(await waiting, 8);
		t.is(await client.owner(service.name), owner);
		// dbus-daemon 1.16 names nobody, where others name who has the number now.
		const isNamed = await tellsPid((...call) => client.daemon(...call), service.name);
		t.deepEqual(thawed.warnings.map(({warning}) => warning).sort(), [
			...(isNamed ? ['bus-names-other'] : []),
			'pid-namespace',
		]);
		t.true(thawed.memory && thawed.memory.dumped.different.length === 0);

		const again = await cli.ok<FreezeResult>(t, 'freeze', service.name);
		t.is(again.pid, thawed.pid, 'who has the connection is meant, not who has the number');
		client.bump(100);
		const back = await cli.ok<ThawResult>(t, 'thaw', again.checkpoint);
		t.true(back.verdict.preserved, JSON.stringify(back.verdict.differences));
		t.is(back.ownPid, pid);
		t.is(await client.add(service, 0), 108);
		const cycled = await cli.ok<ThawResult>(t, 'cycle', service.name);
		t.true(cycled.verdict.preserved, JSON.stringify(cycled.verdict.differences));
		t.is(await client.get(service), 108);
	});
}

for (const service of [counter, ledger, gauge, notes]) {
	test(`${service.library}: with a new connection, which the daemon knows as made by that very process`, async (t) => {
		const bus = await testBus(t);
		const {pid} = await startService(bus, service);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		t.is(await client.add(service, 7), 7);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', service.name);
		process.kill(keeperOf(checkpoint), 'SIGKILL');
		await until(async () => (await client.owner(service.name)) === undefined, 'the bus has noticed');
		await occupy(t, pid);
		const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint, '--pid-namespace');
		t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict.differences));
		t.like(thawed, {mode: 'reconnected', ownPid: pid});
		t.is(await client.add(service, 1), 8);
		client.bump(100);
		t.is(await client.daemon('GetConnectionUnixProcessID', 's', [service.name]), thawed.pid);
		t.deepEqual(
			thawed.warnings.map(({warning}) => warning),
			['pid-namespace'],
		);
		const cycled = await cli.ok<ThawResult>(t, 'cycle', service.name);
		t.true(cycled.verdict.preserved, JSON.stringify(cycled.verdict.differences));
		t.is(await client.get(service), 108);
	});
}

test('a tree with what must be held, in a pid namespace of its own', async (t) => {
	const held = ['datagrams', 'fifo', 'kmsg', 'netlink', 'pidfd', 'pipe', 'tcp', 'terminal', 'wall-clock'];
	const cli = new Cli(await testBus(t));
	const program = await ResourceProgram.start(t, [...held, 'child']);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', `pid:${program.pid}`);
	await occupy(t, program.pid);
	let thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint, '--pid-namespace');
	for (const round of [1, 2, 3]) {
		program.pid = thawed.pid;
		// Whoever lives in a pid namespace cannot send a signal to those outside, by no descriptor.
		t.deepEqual(await program.broken(), ['pidfd'], `round ${round}`);
		t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict.differences));
		const {document} = await cli.json<ThawResult>('cycle', `pid:${thawed.pid}`);
		t.true(document.ok, JSON.stringify(document));
		thawed = document;
	}
	program.pid = thawed.pid;
});

/** Nobody is left in a pid namespace for this checkpoint, not even its first process. */
async function isEmpty(checkpoint: string): Promise<void> {
	const isInit = (pid: string) =>
		(readText(`/proc/${pid}/cmdline`) ?? '').startsWith(`dbusfreeze-init plain ${checkpoint}/images `);
	const inits = () => fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isInit(name));
	await until(() => inits().length === 0, 'the namespace is gone');
}

async function frozenCounter(t: ExecutionContext) {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	t.is(await client.add(counter, 7), 7);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	return {bus, pid, cli, client, checkpoint};
}

test('whatever is killed while it is restored there, it stays frozen, and nothing is left', async (t) => {
	const {pid, cli, client, checkpoint} = await frozenCounter(t);
	const endings: Record<string, (thaw: Stepped) => void> = {
		'front-end': (thaw) => thaw.kill(),
		criu: () => process.kill(criuOf(checkpoint), 'SIGKILL'),
	};
	for (const stage of ['pre-restore', 'post-restore'])
		for (const [who, kill] of Object.entries(endings)) {
			const thaw = Stepped.thaw(cli, checkpoint, '--pid-namespace');
			await thaw.to(stage);
			kill(thaw);
			if (who === 'criu') t.is((await thaw.end()).code, 6, `${who} at ${stage}`);
			await isEmpty(checkpoint);
			type Listed = {checkpoints: Array<{state: string}>};
			const isFrozen = async () =>
				(await cli.ok<Listed>(t, 'checkpoints')).checkpoints.every(({state}) => state === 'frozen');
			await until(isFrozen, `${who} at ${stage}`);
		}
	const plain = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.true(plain.verdict.preserved, JSON.stringify(plain.verdict.differences));
	t.is(plain.pid, pid, 'in the end, where it was');
	t.is(await client.add(counter, 1), 8);
});

test('it ends: nobody has its connection any more, and nothing is left of its namespace', async (t) => {
	const {pid, cli, client, checkpoint} = await frozenCounter(t);
	const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint, '--pid-namespace');
	t.is(thawed.ownPid, pid);
	t.is(await client.add(counter, 1), 8);
	process.kill(thawed.pid, 'SIGKILL');
	await until(async () => (await client.owner(counter.name)) === undefined, 'the bus has noticed');
	await isEmpty(checkpoint);
});

test('the keeper is killed in the middle: nothing of it is left, and another one thaws it', async (t) => {
	for (const [stage, withCriu] of [
		['pre-restore', false],
		['post-restore', false],
		['post-restore', true],
	] as const) {
		const {pid, cli, client, checkpoint} = await frozenCounter(t);
		const thaw = Stepped.thaw(cli, checkpoint, '--pid-namespace');
		await thaw.to(stage);
		const criu = criuOf(checkpoint);
		process.kill(keeperOf(checkpoint), 'SIGKILL');
		if (withCriu) process.kill(criu, 'SIGKILL');
		t.like((await thaw.end()).document.error, {code: 'hold-lost', processState: 'frozen'});
		await isEmpty(checkpoint);
		const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.is(thawed.pid, pid, 'its number is free');
		t.is(await client.add(counter, 1), 8);
	}
});
