import {spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Fault, type FaultCode} from '../../src/common/fault.js';
import {programName} from '../../src/common/program-name.js';
import {type Bus, connectBus} from '../../src/dbus/calls.js';
import {surveyBus, takeCensus} from '../../src/dbus/census.js';
import {daemonPid} from '../../src/dbus/daemon-pid.js';
import {followCensus} from '../../src/dbus/follow.js';
import {hold, letGo, outsideEnds} from '../../src/dbus/hold.js';
import {NameTable} from '../../src/dbus/names.js';
import {resolveTarget} from '../../src/dbus/target.js';
import type {BusPeer} from '../../src/dbus/types.js';
import {Variant} from '../../src/dbus/wire/reader.js';
import {snapshotProcesses} from '../../src/process/snapshot.js';
import {testBus, until} from '../support/bus.js';
import {temporaryFolder} from '../support/compile.js';
import {demoServices, startService} from '../support/services.js';

async function client(t: ExecutionContext, address: string): Promise<Bus> {
	const bus = await connectBus({address});
	t.teardown(() => bus.close());
	return bus;
}

test('the census tells everything about every connection', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, demoServices.counter);
	const [ours, first, second] = [
		await client(t, bus.address),
		await client(t, bus.address),
		await client(t, bus.address),
	];
	await first.driver('RequestName', 'su', ['org.example.Shared', 0]);
	await second.driver('RequestName', 'su', ['org.example.Shared', 0]);
	await second.driver('RequestName', 'su', ['org.example.Own', 0]);
	const rule = "type='signal',interface='org.example.X'";
	await second.driver('AddMatch', 's', [rule]);

	const {peers, queues} = await surveyBus(ours);
	t.false(peers.some(({uniqueName}) => uniqueName === ours.uniqueName));
	const service = peers.find(({names}) => names.includes(demoServices.counter.name));
	t.like(service, {
		pid,
		uid: process.getuid?.() ?? 0,
		comm: 'counter',
		command: demoServices.counter.argv[0],
	});
	t.like(
		peers.find(({uniqueName}) => uniqueName === first.uniqueName),
		{names: ['org.example.Shared'], queued: []},
	);
	t.like(
		peers.find(({uniqueName}) => uniqueName === second.uniqueName),
		{
			names: ['org.example.Own'],
			queued: ['org.example.Shared'],
			matchRules: [rule],
			pid: process.pid,
			queue: {messages: 0, bytes: 0},
		},
	);
	t.deepEqual(queues.get('org.example.Shared'), [first.uniqueName, second.uniqueName]);
	t.is(await daemonPid(ours), bus.pid);
});

test('the daemon is who holds the other end, whatever it says of itself', async (t) => {
	const bus = await testBus(t);
	const ours = await client(t, bus.address);
	// As dbus-broker does, which answers with its launcher.
	const disguised = {
		inode: ours.inode,
		driver: () => Promise.resolve([new Map([['ProcessID', new Variant('u', process.ppid)]])]),
	} as unknown as Bus;
	t.is(await daemonPid(disguised), bus.pid);
});

test('connections that come and go during a census do no harm', async (t) => {
	const {address} = await testBus(t);
	const ours = await client(t, address);
	let running = true;
	const churn = (async () => {
		while (running) {
			const guests = await Promise.all([1, 2, 3, 4].map(() => connectBus({address})));
			await Promise.all(
				guests.map((guest, index) => guest.driver('RequestName', 'su', [`org.example.N${index}`, 0])),
			);
			for (const guest of guests) guest.close();
		}
	})();
	for (let round = 0; round < 60; round++) {
		for (const peer of await takeCensus(ours)) t.regex(peer.uniqueName, /^:/);
	}
	running = false;
	await churn;
});

test('without Debug.Stats the rules are unknown and the rest is there', async (t) => {
	const folder = temporaryFolder(t);
	const address = `unix:path=${folder}/bus`;
	const config = path.join(folder, 'bus.conf');
	fs.writeFileSync(
		config,
		`<busconfig><type>system</type><listen>${address}</listen><policy context="default"><allow user="*"/>
		<allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
		<deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Debug.Stats"/></policy></busconfig>`,
	);
	const daemon = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--nosyslog'], {
		stdio: 'ignore',
	});
	t.teardown(() => daemon.kill('SIGKILL'));
	await until(() => fs.existsSync(`${folder}/bus`), 'the daemon listens');
	const ours = await client(t, address);
	const other = await client(t, address);
	const [peer] = await takeCensus(ours);
	t.is(peer?.uniqueName, other.uniqueName);
	t.is(peer?.pid, process.pid);
	t.is(peer?.matchRules, null);
	t.false('queue' in (peer ?? {}));
});

test('a followed census notices who comes, owns, and leaves, and names outlive their owners', async (t) => {
	const bus = await testBus(t);
	const ours = await client(t, bus.address);
	let changes = 0;
	const feed = await followCensus(ours, {
		onChange() {
			changes++;
		},
	});
	t.teardown(() => feed.stop());
	t.deepEqual(feed.current(), []);
	const guest = await connectBus(bus);
	await guest.driver('RequestName', 'su', ['org.example.Guest', 0]);
	await until(() => feed.current()[0]?.names[0] === 'org.example.Guest', 'the guest is there');
	guest.close();
	await until(() => feed.current().length === 0, 'the guest has left');
	t.is(feed.names.nameOf(guest.uniqueName), 'org.example.Guest');
	t.true(changes >= 2 && changes <= 4, `${changes} changes`);
});

test('a frozen service keeps its command: the process is gone, the connection is not', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, demoServices.counter);
	const ours = await client(t, bus.address);
	const feed = await followCensus(ours);
	t.teardown(() => feed.stop());
	const counter = feed.current().find((peer) => peer.pid === pid);
	t.is(counter?.comm, 'counter');
	const held = hold(outsideEnds(snapshotProcesses(pid)));
	t.teardown(() => letGo(held));
	process.kill(pid, 'SIGKILL');
	await until(() => !fs.existsSync(`/proc/${pid}`), 'the process is gone');
	const guest = await client(t, bus.address);
	await until(() => feed.current().some((peer) => peer.uniqueName === guest.uniqueName), 'a later census');
	t.deepEqual(
		feed.current().find((peer) => peer.uniqueName === counter?.uniqueName),
		counter,
	);
});

test('a program without a name is known by its command', (t) => {
	const names = new NameTable();
	names.learn({
		uniqueName: ':1.1',
		comm: 'evolution-sourc',
		command: '/usr/libexec/evolution-source-registry --x',
	});
	t.is(names.nameOf(':1.1'), 'evolution-source-registry');
	t.is(programName('MainThread', '/usr/bin/node app.js'), 'node');
	t.is(programName('sshd', 'sshd: root@pts/0'), 'sshd');
	t.is(programName('worker', '/bin/other'), 'worker');
	names.ownerChanged('a.b', '', ':1.1');
	names.ownerChanged('a.c', '', ':1.1');
	t.is(names.nameOf(':1.1'), 'a.b');
	names.ownerChanged('a.b', ':1.1', ':1.2');
	t.deepEqual([names.nameOf(':1.1'), names.nameOf(':1.2')], ['a.c', 'a.b']);
});

test('who was behind a unique name is remembered after it has left', (t) => {
	const names = new NameTable();
	t.is(names.applicationOf(':1.1'), undefined);
	names.learn({uniqueName: ':1.1', names: ['a.b'], pid: 7, uid: 0, comm: 'tool', unit: 'tool.service'});
	// The next census sees a process that is gone.
	names.learn({uniqueName: ':1.1', names: ['a.b'], pid: 7});
	names.ownerChanged('a.b', ':1.1', '');
	names.ownerChanged(':1.1', ':1.1', '');
	t.deepEqual(names.applicationOf(':1.1'), {
		names: ['a.b'],
		pid: 7,
		uid: 0,
		program: 'tool',
		unit: 'tool.service',
		left: true,
	});
});

const peer = (uniqueName: string, pid: number | undefined, ...names: string[]): BusPeer => ({
	uniqueName,
	names,
	queued: [],
	matchRules: null,
	...(pid === undefined ? {} : {pid}),
});
const parent = process.ppid;
const peers = [
	peer(':1.1', parent, 'org.example.One', 'com.example.Same'),
	peer(':1.2', 1, 'org.example.Same'),
	peer(':1.3', 4_000_001, 'org.example.Dead'),
	peer(':1.4', undefined, 'org.example.Unknown'),
	peer(':1.5', process.pid, 'org.example.Self'),
];

test('a target is a name, a unique name, a pid, or the end of one name', (t) => {
	for (const text of ['org.example.One', ':1.1', `pid:${parent}`, 'One', 'example.One']) {
		t.deepEqual(resolveTarget(peers, text, 1), {pid: parent, peers: [peers[0] as BusPeer]}, text);
	}
});

const refused: Array<[text: string, code: FaultCode, params: object]> = [
	['org.example.Nobody', 'no-target', {target: 'org.example.Nobody'}],
	['xample.One', 'no-target', {target: 'xample.One'}],
	['', 'no-target', {target: ''}],
	['pid:x', 'no-target', {target: 'pid:x'}],
	[':1.77', 'no-target', {target: ':1.77'}],
	['Same', 'ambiguous-target', {target: 'Same', candidates: ['com.example.Same', 'org.example.Same']}],
	['org.example.Dead', 'dead-pid', {pid: 4_000_001}],
	['pid:0', 'dead-pid', {pid: 0}],
	['pid:4000001', 'dead-pid', {pid: 4_000_001}],
	['org.freedesktop.DBus', 'own-process', {pid: 1, role: 'daemon'}],
	['pid:1', 'own-process', {pid: 1, role: 'daemon'}],
	['org.example.Self', 'own-process', {pid: process.pid, role: 'self'}],
];
for (const [text, code, params] of refused) {
	test(`"${text}" is refused: ${code}`, (t) => {
		const fault = t.throws(() => resolveTarget(peers, text, 1), {instanceOf: Fault});
		t.is(fault?.code, code);
		t.deepEqual(fault?.params as object, params);
	});
}
