import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import dbus from 'dbus-next';
import {isAlive, startTime} from '../../src/kernel/proc-stat.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {brokerProgram, testBroker} from '../support/broker.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {compile, flagsOf} from '../support/compile.js';
import {endDaemon, restartDaemon} from '../support/restart.js';
import {demoServices, fixtureProgram, startProgram, startService} from '../support/services.js';

const {counter, ledger, gauge, notes} = demoServices;

/** What a machine that goes down does to a keeper. */
async function killKeeper(pid: number): Promise<void> {
	const started = startTime(pid) ?? '';
	process.kill(pid, 'SIGKILL');
	await until(() => !isAlive(pid, started), 'the keeper is gone');
}

test('a pidfd of the daemon, as newer sd-bus keeps one, becomes one of the daemon that it is connected to', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const daemonPid = Number(await client.daemon('GetConnectionUnixProcessID', 's', ['org.freedesktop.DBus']));
	// pidfd_open(2), and no close-on-exec any more.
	const script =
		'my $fd = syscall(434, $ARGV[0] + 0, 0); open my $h, "+<&=$fd"; fcntl $h, 2, 0; exec $ARGV[1]';
	const {pid} = startProgram(bus, ['perl', '-e', script, String(daemonPid), fixtureProgram('counter')]);
	await until(async () => (await client.owner(counter.name)) !== undefined, 'the service is there');
	const meant = () =>
		fs
			.readdirSync(`/proc/${pid}/fdinfo`)
			.flatMap(
				(fd) => /^Pid:\t(-?\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? [],
			);
	t.deepEqual(meant(), [String(daemonPid)]);
	const {checkpoint, keeperPid, held, portable} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	t.true(held.some(({kind, ofDaemon}) => kind === 'pidfd' && ofDaemon));
	t.true(portable, 'it can be made anew');
	await killKeeper(keeperPid);
	await until(async () => (await client.owner(counter.name)) === undefined, 'the bus has noticed');
	const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.is(thawed.mode, 'reconnected');
	t.deepEqual(meant(), [String(daemonPid)]);
	t.is(await client.add(counter, 4), 4);
});

for (const service of [counter, ledger, gauge, notes]) {
	test(`${service.library}: its keeper is killed; thawed with a new connection, as it was`, async (t) => {
		const bus = await testBus(t);
		const {pid} = await startService(bus, service);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const owner = (await client.owner(service.name)) ?? '';
		t.is(await client.add(service, 7), 7);
		const {checkpoint, keeperPid} = await cli.ok<FreezeResult>(t, 'freeze', service.name);
		client.bump(100);
		const call = client.add(service, 1000).then(
			() => 'answered',
			(error: {type: string}) => error.type,
		);
		await client.daemon('GetId');
		type Waiting = {messages: Array<{at: number}>};
		const areStashed = async () =>
			(await cli.ok<Waiting>(t, 'waiting', checkpoint)).messages.filter(({at}) => at > 0).length === 2;
		await until(areStashed, 'both are on disk');
		await killKeeper(keeperPid);
		await until(async () => (await client.owner(service.name)) === undefined, 'the bus has noticed');

		const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.is(thawed.mode, 'reconnected');
		t.is(thawed.pid, pid);
		t.is(thawed.uniqueName.before, owner);
		t.not(thawed.uniqueName.after, owner);
		t.is(await client.owner(service.name), thawed.uniqueName.after);
		t.true(
			thawed.verdict.preserved,
			JSON.stringify(thawed.verdict.differences.filter((d) => d.class !== 'expected')),
		);
		t.is(
			await call,
			'org.freedesktop.DBus.Error.NoReply',
			'its caller was told, so the call is not delivered',
		);
		const cached = thawed.verdict.differences.find(({reason}) => reason === 'stale-name');
		t.like(cached, {class: 'expected', before: owner}, 'libraries keep their unique name');
		t.is(await client.add(service, 1), 108, 'but the signal is');
		client.bump(10);
		await client.daemon('GetId');
		t.is(await client.get(service), 118, 'its match rules are there');
		const [credentials] = await client.call(
			'org.freedesktop.DBus',
			'/org/freedesktop/DBus',
			'GetConnectionUnixUser',
			's',
			[service.name],
		);
		t.is(credentials, 0);
		t.true(fs.existsSync(path.join(checkpoint, 'reconnect.json')));
		const again = await cli.ok<ThawResult>(t, 'cycle', service.name);
		t.true(again.verdict.preserved);
		t.is(await client.get(service), 118);
	});
}

for (const service of [counter, ledger, gauge, notes]) {
	test(`${service.library}: the daemon is another one, as after a reboot; what was unread is delivered`, async (t) => {
		const bus = await testBus(t);
		const {pid} = await startService(bus, service);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		process.kill(pid, 'SIGSTOP');
		client.bump(100);
		await client.daemon('GetId');
		const {checkpoint, keeperPid, uniqueName} = await cli.ok<FreezeResult>(t, 'freeze', service.name);
		await killKeeper(keeperPid);
		await endDaemon(bus);
		const later = await restartDaemon(bus);
		const others = await Promise.all(Array.from({length: 4}, () => TestClient.connect(t, later)));
		const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		process.kill(pid, 'SIGCONT');
		t.is(thawed.mode, 'reconnected');
		t.is(thawed.uniqueName.before, uniqueName);
		t.true(
			thawed.verdict.preserved,
			JSON.stringify(thawed.verdict.differences.filter((d) => d.class !== 'expected')),
		);
		const [other] = others as [TestClient];
		t.is(await other.get(service), 100, 'a signal that lay unread in the socket');
		other.bump(10);
		await other.daemon('GetId');
		t.is(await other.get(service), 110);
	});
}

test('GDBus hears signals of a peer that is another connection by now', async (t) => {
	const [name, peer] = ['org.dbusfreeze.Test.Follower', 'org.dbusfreeze.Test.Peer'];
	const bus = await testBus(t);
	const source = path.join(import.meta.dirname, '../dbus/programs/peer-follower.c');
	const follower = compile(t, source, flagsOf('gio-2.0'));
	const first = await TestClient.connect(t, bus);
	await first.bus.requestName(peer, 0);
	const {logPath} = startProgram(bus, [follower, name, peer], {logName: 'follower'});
	const lines = () => fs.readFileSync(logPath, 'utf8').trim().split('\n');
	await until(
		() => lines().includes(`ready ${name}`) && lines().includes(`appeared ${first.uniqueName}`),
		'it is ready',
	);
	const cli = new Cli(bus);
	const {checkpoint, keeperPid} = await cli.ok<FreezeResult>(t, 'freeze', name);
	await killKeeper(keeperPid);
	await endDaemon(bus);
	const later = await restartDaemon(bus);
	await TestClient.connect(t, later);
	const second = await TestClient.connect(t, later);
	await second.bus.requestName(peer, 0);
	await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	const tick = dbus.Message.newSignal('/', 'org.dbusfreeze.Test.Clock', 'Tick', 'i', [7]);
	second.bus.send(tick);
	await until(() => lines().includes('tick 7'), 'it hears');
	t.deepEqual(lines().slice(-3), [`vanished ${peer}`, `appeared ${second.uniqueName}`, 'tick 7']);
});

test('dbus-broker does not tell match rules: said, and calls work over the new connection', async (t) => {
	const broker = brokerProgram();
	if (broker === undefined) return t.pass('there is no dbus-broker here');
	const bus = await testBroker(t, broker);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint, keeperPid} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	await killKeeper(keeperPid);
	await until(async () => (await client.owner(counter.name)) === undefined, 'the bus has noticed');
	const {mode, warnings} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.is(mode, 'reconnected');
	t.true(warnings.some(({warning}) => warning === 'rules-unknown'));
	t.is(await client.add(counter, 1), 1);
});
