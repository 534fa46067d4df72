import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Bus} from '../../src/dbus/calls.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {canCallWithin} from '../../src/process/injected-call.js';
import {readStatus} from '../../src/process/status.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {brokerProgram, testBroker} from '../support/broker.js';
import {TestClient, tellsPid, testBus, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {connectedProcess, credentialsOn} from '../support/credentials.js';
import {ask, busClient, manyName, ownerOf, startMany} from '../support/many.js';
import {occupy} from '../support/occupy.js';
import {demoServices, fixtureProgram, startProgram} from '../support/services.js';

const {counter} = demoServices;
const [one, two, three] = [manyName('One'), manyName('Two'), manyName('Three')];

const daemons: Array<[name: string, start: ((t: ExecutionContext) => Promise<PrivateBus>) | undefined]> = [
	['dbus-daemon', (t) => testBus(t)],
	['dbus-broker', starterOf(brokerProgram())],
];

function starterOf(broker: string | undefined) {
	return broker === undefined ? undefined : (t: ExecutionContext) => testBroker(t, broker);
}

/** A user whom the daemon finds in /etc/passwd, with groups. */
const asOther = ['setpriv', '--reuid=daemon', '--regid=4322', '--groups=4323,4324'];

const isUser = (pid: number, uid: number) =>
	readStatus(`/proc/${pid}`)?.get('Uid')?.startsWith(`${uid}\t${uid}\t`) === true;

async function startCounter(t: ExecutionContext, bus: PrivateBus, before: readonly string[]) {
	fs.chmodSync(bus.dir, 0o711);
	fs.chmodSync(path.join(bus.dir, 'bus'), 0o777);
	const client = await TestClient.connect(t, bus);
	const [first = fixtureProgram('counter'), ...more] = before;
	const argv = before.length > 0 ? [...more, fixtureProgram('counter')] : [];
	const {pid} = startProgram(bus, [first, ...argv], {logName: 'counter'});
	await until(async () => (await client.owner(counter.name)) !== undefined, 'the service is there');
	return {client, pid};
}

for (const [daemon, startBus] of daemons) {
	const busTest = startBus ? test : test.skip;
	for (const [who, before] of [
		['root', []],
		['another user with groups', asOther],
	] as const) {
		busTest(`${daemon}: sees the process of ${who} after a reconnect, and that it lives`, async (t) => {
			const bus = await startBus?.(t);
			if (!bus) return;
			const {client, pid} = await startCounter(t, bus, before);
			t.is(await client.add(counter, 5), 5);
			const first = await credentialsOn(bus.address, counter.name);
			t.is(first.ProcessID, pid);
			t.is(connectedProcess(pid, bus.pid), pid);
			const cli = new Cli(bus);
			const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
			const {mode, verdict} = await cli.ok<ThawResult>(t, 'thaw', '--reconnect', checkpoint);
			t.is(mode, 'reconnected');
			t.true(verdict.preserved, JSON.stringify(verdict));
			const reasons = verdict.differences.map(({path, reason}) => `${path} ${reason}`);
			t.deepEqual(
				reasons.filter((text) => /credentials|signals/.test(text)),
				[],
			);
			const seen = await credentialsOn(bus.address, counter.name);
			t.log(seen);
			// One that is made somewhere else has ended by now.
			if (canCallWithin()) {
				t.deepEqual(seen, first);
				t.is(connectedProcess(pid, bus.pid), pid);
			}
			t.is(await client.add(counter, 1), 6);
		});
	}

	busTest(`${daemon}: a tree with connections of its own, shared ones and ones to another bus`, async (t) => {
		const [bus, elsewhere] = [await startBus?.(t), await startBus?.(t)];
		if (!bus || !elsewhere) return;
		const [here, there] = [await busClient(t, bus), await busClient(t, elsewhere)];
		const args = [bus, bus, elsewhere].flatMap(({address}, index) => [
			...(index === 1 ? ['fork'] : []),
			'connect',
			address,
			[one, two, three][index] ?? '',
		]);
		await startMany(t, bus, args, [
			[here, one],
			[here, two],
			[there, three],
		]);
		const all = () =>
			Promise.all([
				credentialsOn(bus.address, one),
				credentialsOn(bus.address, two),
				credentialsOn(elsewhere.address, three),
			]);
		const first = await all();
		t.not(first[0].ProcessID, first[1].ProcessID);
		const cli = new Cli(bus);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', one);
		const {mode, verdict} = await cli.ok<ThawResult>(t, 'thaw', '--reconnect', checkpoint);
		t.is(mode, 'reconnected');
		t.true(verdict.preserved, JSON.stringify(verdict));
		if (canCallWithin()) t.deepEqual(await all(), first);
		t.deepEqual(await Promise.all([ask(here, one, 'Add', 1), ask(here, two, 'Add', 2)]), [1, 2]);
		t.is(await ask(there, three, 'Add', 3), 3);
	});
}

test('in a chroot without the bus: somebody else connects before, with the right pid and user', async (t) => {
	const bus = await testBus(t);
	const client = await busClient(t, bus);
	const root = path.join(bus.dir, 'root');
	fs.mkdirSync(root);
	// It goes there when it has connected, as services do that shut themselves in.
	const args = ['connect', bus.address, one, 'chroot', root];
	const {pid} = await startMany(t, bus, args, [[client, one]]);
	await until(() => fs.readlinkSync(`/proc/${pid}/root`) === root, 'it is shut in');
	const first = await credentialsOn(bus.address, one);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', one);
	const {mode, verdict} = await cli.ok<ThawResult>(t, 'thaw', '--reconnect', checkpoint);
	t.is(mode, 'reconnected');
	t.true(verdict.preserved, JSON.stringify(verdict));
	const {ProcessID: _, ProcessFD, ...user} = first;
	// dbus-daemon from 1.16 on keeps a pidfd, and tells no number when that process has ended.
	const keepsPidfd = ProcessFD !== undefined;
	t.deepEqual(await credentialsOn(bus.address, one), keepsPidfd ? {...user, ProcessFD: -1} : first);
	t.is(connectedProcess(pid, bus.pid), -1);
	t.is(await ask(client, one, 'Add', 4), 4);
});

test('in a chroot, and its number is taken: the daemon is told of nobody who lives, and the verdict says so', async (t) => {
	const bus = await testBus(t);
	const client = await busClient(t, bus);
	const root = path.join(bus.dir, 'root');
	fs.mkdirSync(root);
	const {pid} = await startMany(t, bus, ['connect', bus.address, one, 'chroot', root], [[client, one]]);
	await until(() => fs.readlinkSync(`/proc/${pid}/root`) === root, 'it is shut in');
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', one);
	await occupy(t, pid);
	const {code, document} = await cli.json<ThawResult>('thaw', '--reconnect', '--pid-namespace', checkpoint);
	// dbus-daemon 1.16 does not name it any more, where others name who connected.
	const isNamed = await tellsPid((...call) => client.driver(...call), one);
	t.is(code, isNamed ? 1 : 0);
	t.like(document, {mode: 'reconnected', ownPid: pid});
	const changed = document.verdict.differences.filter((one) => one.class !== 'expected');
	t.deepEqual(
		changed.map(({reason}) => reason),
		isNamed ? ['bus-credentials-changed'] : [],
	);
	t.is(await ask(client, one, 'Add', 4), 4);
	const {verdict} = await cli.ok<ThawResult>(t, 'cycle', `pid:${document.pid}`);
	t.true(verdict.preserved, JSON.stringify(verdict));
	t.is(await ask(client, one, 'Add', 1), 5);
});

test('who has become another user since it connected is to the daemon who it was', async (t) => {
	const bus = await testBus(t);
	const client = await busClient(t, bus);
	const {pid} = await startMany(t, bus, ['connect', bus.address, one, 'become', '1'], [[client, one]]);
	await until(() => isUser(pid, 1), 'it is another user');
	const first = await credentialsOn(bus.address, one);
	t.is(first.UnixUserID, 0);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', one);
	const {mode, verdict} = await cli.ok<ThawResult>(t, 'thaw', '--reconnect', checkpoint);
	t.is(mode, 'reconnected');
	t.true(verdict.preserved, JSON.stringify(verdict));
	t.deepEqual(await credentialsOn(bus.address, one), first);
	t.true(isUser(pid, 1));
	t.is(await ask(client, one, 'Add', 4), 4);
});

test('the bus has moved: connections to it are made where the command line says, others where they were', async (t) => {
	const [bus, later, elsewhere] = [await testBus(t), await testBus(t), await testBus(t)];
	const [first, second, other] = [
		await busClient(t, bus),
		await busClient(t, later),
		await busClient(t, elsewhere),
	];
	await startMany(t, bus, ['connect', bus.address, one, 'connect', elsewhere.address, two], [[other, two]]);
	const cli = new Cli(bus);
	const isOwned = async (client: Bus) => (await client.driver('NameHasOwner', 's', [one]))[0];
	for (const [end, from, before, to, there] of [
		['kept', bus, first, later, second],
		['killed', later, second, bus, first],
	] as const) {
		const frozen = await new Cli(from, cli.stateDir).ok<FreezeResult>(t, 'freeze', one);
		if (end === 'killed') process.kill(frozen.keeperPid, 'SIGKILL');
		t.false(await isOwned(there));
		const args = ['--address', to.address, 'thaw', '--reconnect', frozen.checkpoint];
		const {mode, verdict, uniqueName, names} = await cli.ok<ThawResult>(t, ...args);
		t.is(mode, 'reconnected');
		t.true(verdict.preserved, JSON.stringify(verdict));
		t.deepEqual(names, [one]);
		t.is(await ownerOf(there, one), uniqueName.after);
		t.false(await isOwned(before));
		t.is(await ask(there, one, 'Add', 1), end === 'kept' ? 1 : 2);
		t.is(await ask(other, two, 'Add', 1), end === 'kept' ? 1 : 2);
	}
});
