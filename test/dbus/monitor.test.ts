import {once} from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Fault} from '../../src/common/fault.js';
import {connectBus} from '../../src/dbus/calls.js';
import {type Monitor, type MonitorOptions, openMonitor} from '../../src/dbus/monitor.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {parseQuery} from '../../src/dbus/query/query.js';
import {type RecordOptions, recordTraffic} from '../../src/dbus/record.js';
import {Secrets} from '../../src/dbus/secrets.js';
import type {Traffic} from '../../src/dbus/traffic.js';
import type {TrafficMessage} from '../../src/dbus/types.js';
import {field} from '../../src/dbus/wire/header.js';
import {encodeMessage} from '../../src/dbus/wire/writer.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {compile, flagsOf} from '../support/compile.js';
import {startDaemon} from '../support/daemon.js';
import {demoServices, fixtureProgram, startProgram, startService} from '../support/services.js';

async function record(t: ExecutionContext, options: RecordOptions): Promise<Traffic> {
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
	t.deepEqual(traffic.status(), {mode: 'off', reason: 'disconnected', reconnecting: true});
});

test('a bad match rule is a wrong usage, in the words of the daemon', async (t) => {
	const {address} = await testBus(t);
	const fault = await t.throwsAsync(openMonitor({address, rules: ["sender='"], onMessage() {}}), {
		instanceOf: Fault,
	});
	t.is(fault?.code, 'usage');
	t.regex((fault as Fault<'usage'>).params.detail, /quotation/);
});

/** Nobody may become a monitor. */
const noMonitors =
	'<deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>';

/** A call between others, a call to the daemon, and a signal to all; then the members that were seen. */
async function seenOn(t: ExecutionContext, address: string, rules?: string[]) {
	const traffic = await record(t, {address, ...(rules === undefined ? {} : {rules})});
	const [caller, callee] = await Promise.all([connectBus({address}), connectBus({address})]);
	t.teardown(() => caller.close());
	t.teardown(() => callee.close());
	const call = {destination: callee.uniqueName, path: '/a', interface: 'a.b', member: 'Between'};
	await t.throwsAsync(caller.call(call), {message: /no methods/});
	await caller.driver('GetId');
	caller.emit({path: '/a', interface: 'a.b', member: 'ToAll'});
	await until(() => kept(traffic).some(({member}) => member === 'ToAll'), 'the signal');
	const all = kept(traffic);
	const between = all.find(({member}) => member === 'Between');
	return {
		status: traffic.status(),
		members: new Set(all.map(({member}) => member).filter((member) => member !== undefined)),
		answer: between && traffic.pair(between)?.type,
		all,
	};
}

test('a daemon that refuses is quoted; match rules show what is sent to everybody', async (t) => {
	const {address} = await startDaemon(t, {policy: noMonitors});
	const {status, members} = await seenOn(t, address);
	t.is(status.mode, 'match');
	t.regex(status.reason ?? '', /Rejected send message/);
	t.deepEqual([...members].sort(), ['NameOwnerChanged', 'ToAll']);
});

test('where the policy lets us eavesdrop, match rules show the calls of others and their answers', async (t) => {
	const eavesdrop =
		'<allow receive_sender="*" eavesdrop="true"/><allow send_destination="*" eavesdrop="true"/>';
	const {address} = await startDaemon(t, {policy: eavesdrop + noMonitors});
	const {status, members, answer, all} = await seenOn(t, address);
	t.is(status.mode, 'eavesdrop');
	t.regex(status.reason ?? '', /Rejected send message/);
	t.true(members.has('Between') && members.has('ToAll') && members.has('GetId'));
	t.is(answer, 'error');
	// Nothing of our own way there.
	t.false(all.some(({member}) => member === 'AddMatch' || member === 'BecomeMonitor'));
	const ruled = await seenOn(t, address, ["member='Between'", "member='ToAll'"]);
	t.deepEqual([...ruled.members].sort(), ['Between', 'ToAll']);
});

/** A way to a bus that the test can cut, and write on as if it were the daemon. */
class Cable {
	readonly address: string;
	readonly #ends = new Set<net.Socket>();

	constructor(t: ExecutionContext, bus: PrivateBus) {
		const file = path.join(bus.dir, 'cable');
		this.address = `unix:path=${file}`;
		const target = /path=([^,]*)/.exec(bus.address)?.[1] as string;
		const server = net.createServer((end) => {
			const daemon = net.connect(target);
			end.pipe(daemon).pipe(end);
			for (const socket of [end, daemon]) socket.on('error', () => {});
			end.on('close', () => daemon.destroy());
			this.#ends.add(end);
		});
		server.listen(file);
		t.teardown(() => {
			this.cut();
			server.close();
		});
	}

	/** To everybody who is connected. */
	write(bytes: Buffer): void {
		for (const end of this.#ends) end.write(bytes);
	}

	cut(): void {
		for (const end of this.#ends) end.destroy();
		this.#ends.clear();
	}
}

test('a daemon that drops us is asked again, and the gap is told', async (t) => {
	const bus = await testBus(t);
	const cable = new Cable(t, bus);
	let ends = 0;
	const traffic = await record(t, {
		address: cable.address,
		onEnd: () => {
			ends++;
			t.like(traffic.status(), {mode: 'off', reconnecting: true});
		},
	});
	const client = await TestClient.connect(t, bus);
	for (let round = 1; round <= 3; round++) {
		client.bump(round);
		await until(
			() => kept(traffic).some((m) => m.member === 'Bump' && traffic.body(m) === `${round}`),
			'bump',
		);
		t.is(ends, round - 1);
		cable.cut();
		await until(() => ends === round && traffic.status().mode === 'monitor', 'it is back');
	}
	t.is(traffic.gaps().length, 3);
	let last = 0;
	for (const {index, from, to, reason} of traffic.gaps()) {
		t.true(index > last && index <= traffic.range().end);
		t.true(to !== undefined && to >= from);
		t.is(reason, 'disconnected');
		last = index;
	}
	traffic.close();
});

test('a frame that cannot be read is counted and passed over; a stream that is none is begun anew', async (t) => {
	const bus = await testBus(t);
	const cable = new Cable(t, bus);
	const traffic = await record(t, {address: cable.address});
	const client = await TestClient.connect(t, bus);
	const broken = encodeMessage({type: 'signal', serial: 9, path: '/a', interface: 'a.b', member: 'Broken'});
	// The first field, the path, gets the type of a number.
	broken[18] = 0x75;
	cable.write(Buffer.concat([broken, broken]));
	await until(() => traffic.counts().malformed === 2, 'they are counted');
	client.bump(1);
	await until(() => kept(traffic).some(({member}) => member === 'Bump'), 'the next one is seen');
	t.deepEqual(traffic.gaps(), []);
	t.false(kept(traffic).some(({member}) => member === 'Broken'));

	cable.write(Buffer.alloc(64, 0xff));
	await until(() => traffic.gaps().length === 1 && traffic.status().mode === 'monitor', 'it is back');
	t.regex(traffic.gaps()[0]?.reason ?? '', /byte order/);
});

test('another daemon at the same place is another bus: it is not taken for the old one', async (t) => {
	const daemon = await startDaemon(t, {});
	const address = `unix:path=${daemon.dir}/bus`;
	const traffic = await record(t, {address});
	await daemon.stop();
	await until(() => traffic.status().reconnecting === true, 'it is missed');
	await startDaemon(t, {}, daemon.dir);
	await until(() => traffic.status().reconnecting !== true, 'it is found');
	t.deepEqual(traffic.status(), {mode: 'off', reason: 'other-guid'});
});

test('bodies that may hold a secret are masked, with the answers to them', async (t) => {
	const bus = await testBus(t);
	const traffic = await record(t, {...bus, secrets: new Secrets(['org.example.Vault'])});
	const [vault, caller] = await Promise.all([connectBus(bus, answerWithSecret), connectBus(bus)]);
	t.teardown(() => vault.close());
	t.teardown(() => caller.close());
	await vault.driver('RequestName', 'su', ['org.example.Vault', 0]);
	const open = {
		path: '/a',
		interface: 'org.example.Vault.Door',
		member: 'Open',
		signature: 's',
		body: ['hunter2'],
	};
	const ask = {path: '/a', interface: 'org.example.Plain', member: 'Ask', signature: 's', body: ['hunter2']};
	await caller.call({...open, destination: vault.uniqueName});
	await caller.call({...ask, destination: 'org.example.Vault'});
	await caller.call({...ask, destination: vault.uniqueName, member: 'Last'});
	const isAnswered = (message: TrafficMessage) => traffic.pair(message) !== undefined;
	await until(() => kept(traffic).some((m) => m.member === 'Last' && isAnswered(m)), 'all is seen');
	const text = kept(traffic)
		.map((message) => traffic.body(message))
		.join('\n');
	t.notRegex(text, /hunter2|opensesame/);
	t.is(text.match(/"\*{7}"/g)?.length, 3);
	t.is(text.match(/"\*{10}"/g)?.length, 3);
	t.regex(text, /"org\.example\.Vault", 0/, 'what it says to the daemon is no secret');
	const {first, end} = traffic.range();
	for (let index = first; index < end; index++) {
		t.false(traffic.matches(index, parseQuery('body:hunter2')));
		t.is(traffic.frame(index)?.length, traffic.frame(index, true)?.length);
	}
	const secret = kept(traffic).find(({member}) => member === 'Open');
	t.true(traffic.isSecret(secret?.index ?? -1));
	t.true(traffic.frame(secret?.index ?? -1, true)?.includes('hunter2'));
});

const answerWithSecret = () => ({signature: 's', body: ['opensesame']});
