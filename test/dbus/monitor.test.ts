import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Fault} from '../../src/common/fault.js';
import {connectBus} from '../../src/dbus/calls.js';
import {type Monitor, type MonitorOptions, openMonitor} from '../../src/dbus/monitor.js';
import {recordTraffic, type Traffic, type TrafficOptions} from '../../src/dbus/traffic.js';
import type {TrafficMessage} from '../../src/dbus/types.js';
import {field} from '../../src/dbus/wire/header.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {compile, flagsOf, temporaryFolder} from '../support/compile.js';
import {demoServices, fixtureProgram, startProgram, startService} from '../support/services.js';

async function record(t: ExecutionContext, options: TrafficOptions): Promise<Traffic> {
	const traffic = await recordTraffic(options);
	t.teardown(() => traffic.close());
	return traffic;
}

async function monitor(t: ExecutionContext, options: MonitorOptions): Promise<Monitor> {
	const opened = await openMonitor(options);
	t.teardown(() => opened.close());
	return opened;
}

function kept(traffic: Traffic): TrafficMessage[] {
	const {first, end} = traffic.range();
	return Array.from({length: end - first}, (_, offset) => traffic.get(first + offset) as TrafficMessage);
}

test('every message is seen: calls with their replies, errors, signals, and who they came from', async (t) => {
	const bus = await testBus(t);
	const traffic = await record(t, bus);
	await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	t.is(await client.add(demoServices.counter, 3), 3);
	await t.throwsAsync(client.call(demoServices.counter.name, demoServices.counter.path, 'Nonsense'));
	await until(() => kept(traffic).some((message) => message.type === 'error'), 'the error was seen');

	const messages = kept(traffic);
	const call = messages.find((message) => message.member === 'Add');
	const reply = messages.find(
		(message) =>
			message.type === 'return' &&
			message.replySerial === call?.serial &&
			message.destination === client.uniqueName,
	);
	t.like(call, {
		type: 'call',
		sender: client.uniqueName,
		destination: demoServices.counter.name,
		signature: 'i',
		fds: 0,
	});
	t.truthy(reply);
	if (call === undefined || reply === undefined) return;
	t.is(traffic.elapsed(call), traffic.elapsed(reply));
	t.deepEqual(traffic.pair(call), reply);
	t.deepEqual(traffic.pair(reply), call);
	t.is(traffic.pair(messages.find(({type}) => type === 'signal') ?? call), undefined);
	t.true((traffic.elapsed(call) ?? -1) >= 0 && (traffic.elapsed(call) ?? 0) < 5000);
	t.is(traffic.body(call), '3');
	t.is(traffic.nameOf(reply.sender ?? ''), demoServices.counter.name);
	t.true(Math.abs(call.at - Date.now()) < 60_000);
	t.deepEqual(
		messages.map(({index}) => index),
		messages.map((_, index) => index),
	);
	t.is(
		traffic.counts().bytes,
		messages.reduce((sum, {size}) => sum + size, 0),
	);
});

test('messages that carry descriptors are seen, and no descriptor stays with us', async (t) => {
	const bus = await testBus(t);
	const sender = compile(t, path.join(import.meta.dirname, 'programs/fd-sender.c'), flagsOf('dbus-1'));
	const seen: number[] = [];
	let done = false;
	const opened = await monitor(t, {
		address: bus.address,
		onMessage(header) {
			if (header.text(field.member) === 'Passed' && header.fds === 1) seen.push(header.body()[1] as number);
			if (header.text(field.member) === 'Done') done = true;
		},
	});
	t.true(opened.passesFds);
	const before = fs.readdirSync('/proc/self/fd').length;
	startProgram(bus, [sender, '300']);
	await until(() => done, 'the last message');
	t.deepEqual(
		seen,
		Array.from({length: 300}, (_, number) => number),
	);
	t.true(fs.readdirSync('/proc/self/fd').length <= before + 2);
});

test('names are remembered after their owner has left', async (t) => {
	const bus = await testBus(t);
	const traffic = await record(t, bus);
	const client = await connectBus(bus);
	await client.driver('RequestName', 'su', ['org.example.Guest', 0]);
	const {uniqueName} = client;
	client.close();
	await until(
		() =>
			kept(traffic).some(
				(m) => m.member === 'NameOwnerChanged' && traffic.body(m) === `"${uniqueName}", "${uniqueName}", ""`,
			),
		'it left',
	);
	t.is(traffic.nameOf(uniqueName), 'org.example.Guest');
	t.is(traffic.nameOf(':1.9999'), ':1.9999');
});

test('a flood arrives whole and in order; memory is bounded and drops are counted', async (t) => {
	const bus = await testBus(t);
	const traffic = await record(t, {...bus, limits: {messages: 1000, bytes: 150_000}});
	const count = 20_000;
	let next = 0;
	await monitor(t, {
		address: bus.address,
		rules: ["type='signal',interface='org.dbusfreeze.Demo.Flood'"],
		onMessage(header) {
			if (header.text(field.member) === 'Tick' && header.body()[0] === next) next++;
		},
	});
	const flood = startProgram(bus, [fixtureProgram('flood'), String(count), '0', 'small']);
	await once(flood.child, 'exit');
	await until(() => next === count && kept(traffic).some(({member}) => member === 'Done'), 'all arrived');
	const {seen, dropped} = traffic.counts();
	const {first, end} = traffic.range();
	t.is(end, seen);
	t.is(first, dropped);
	t.true(seen > count && dropped > count - 1000);
	t.true(end - first <= 1000 && end - first > 100);
	t.is(traffic.get(first - 1), undefined);
	t.is(traffic.get(end), undefined);
	t.true(kept(traffic).reduce((sum, {size}) => sum + size, 0) <= 150_000);
});

test('the bus is not disturbed: everybody is answered, nobody gets more, the monitor is not listed', async (t) => {
	const bus = await testBus(t);
	const opened = await monitor(t, {address: bus.address, onMessage() {}});
	await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	for (let value = 1; value <= 50; value++) t.is(await client.add(demoServices.counter, 1), value);
	t.false(((await client.daemon('ListNames')) as string[]).includes(opened.uniqueName));
});

test('our own helpers can be hidden', async (t) => {
	const bus = await testBus(t);
	const helper = await connectBus(bus);
	t.teardown(() => helper.close());
	const traffic = await record(t, {...bus, hidden: new Set([helper.uniqueName])});
	await helper.driver('ListNames');
	const client = await TestClient.connect(t, bus);
	await client.daemon('GetId');
	await until(() => kept(traffic).some(({member}) => member === 'GetId'), 'the other is seen');
	t.false(
		kept(traffic).some(
			({sender, destination}) => sender === helper.uniqueName || destination === helper.uniqueName,
		),
	);
});

test('a daemon that goes away ends the monitor with a reason', async (t) => {
	const bus = await testBus(t);
	let ended = false;
	const traffic = await record(t, {
		...bus,
		onEnd: () => {
			ended = true;
		},
	});
	t.deepEqual(traffic.status(), {mode: 'monitor'});
	process.kill(bus.pid, 'SIGKILL');
	await until(() => ended, 'the end');
	t.deepEqual(traffic.status(), {mode: 'off', reason: 'disconnected'});
});

test('a bad match rule is a wrong usage, in the words of the daemon', async (t) => {
	const {address} = await testBus(t);
	const fault = await t.throwsAsync(openMonitor({address, rules: ["sender='"], onMessage() {}}), {
		instanceOf: Fault,
	});
	t.is(fault?.code, 'usage');
	t.regex((fault as Fault<'usage'>).params.detail, /quotation/);
});

test('a daemon that refuses is quoted, and the traffic is off', async (t) => {
	const folder = temporaryFolder(t);
	const config = path.join(folder, 'bus.conf');
	const address = `unix:path=${folder}/bus`;
	fs.writeFileSync(
		config,
		`<busconfig><type>system</type><listen>${address}</listen><policy context="default"><allow user="*"/>
		<allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
		<deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/></policy></busconfig>`,
	);
	const daemon = spawn(
		'dbus-daemon',
		[`--config-file=${config}`, '--nofork', '--nosyslog', '--print-address'],
		{
			stdio: ['ignore', 'pipe', 'ignore'],
		},
	);
	t.teardown(() => daemon.kill('SIGKILL'));
	await once(daemon.stdout, 'data');
	const fault = await t.throwsAsync(openMonitor({address, onMessage() {}}), {instanceOf: Fault});
	t.is(fault?.code, 'monitor-refused');
	t.regex((fault as Fault<'monitor-refused'>).params.reason, /Rejected send message/);
	const status = (await recordTraffic({address})).status();
	t.is(status.mode, 'off');
	t.regex(status.reason ?? '', /Rejected send message/);
});
