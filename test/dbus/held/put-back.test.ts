import {execFileSync} from 'node:child_process';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {openDaemonEnd} from '../../../src/dbus/held/daemon-end.js';
import {readPutBackRecord} from '../../../src/dbus/held/put-back-record.js';
import {HeldReader} from '../../../src/dbus/held/reader.js';
import {PutBack} from '../../../src/dbus/held/reinject.js';
import {sendBuffer, setSendBuffer} from '../../../src/dbus/held/send-room.js';
import {Stash} from '../../../src/dbus/held/stash.js';
import {descriptorsWait} from '../../../src/dbus/held/waiting.js';
import {hold, letGo, outsideEnds} from '../../../src/dbus/hold.js';
import {type PrivateBus, startPrivateBus} from '../../../src/dbus/private-bus.js';
import {encodeMessage} from '../../../src/dbus/wire/writer.js';
import {closeFd} from '../../../src/kernel/descriptor.js';
import {readStat} from '../../../src/kernel/proc-stat.js';
import {unreadBytes} from '../../../src/kernel/socket.js';
import {receiveWithFds, sendWithFds} from '../../../src/kernel/socket-messages.js';
import {snapshotProcesses} from '../../../src/process/snapshot.js';
import {brokerProgram, testBroker} from '../../support/broker.js';
import {until} from '../../support/bus.js';
import {compile, flagsOf, temporaryFolder} from '../../support/compile.js';
import {runProgram} from '../../support/run-program.js';
import {callMany, Flooder, StashedService} from '../../support/stashed-service.js';

const programs = path.resolve(import.meta.dirname, '../programs');
const megabyte = Buffer.alloc(1024 * 1024, 7);

/** A system bus allows a caller 128 unanswered calls, a session bus 50 000. */
async function testBus(t: ExecutionContext): Promise<PrivateBus> {
	const configuration = '<limit name="max_replies_per_connection">50000</limit>';
	const bus = await startPrivateBus({configuration});
	t.teardown(bus.stop);
	return bus;
}

function wrongAnswers(flooder: Flooder, expected: ReadonlyMap<number, number>): number {
	return [...expected].filter(([serial, value]) => {
		const answers = flooder.answers.get(serial);
		return answers?.length !== 1 || answers[0] !== value;
	}).length;
}

async function everyCallIsAnsweredOnce(t: ExecutionContext, bus: PrivateBus, count: number): Promise<void> {
	const service = await StashedService.stop(t, bus);
	service.drain.start();
	const flooder = await Flooder.connect(t, bus);
	const expected = await callMany(flooder, count);
	await until(() => service.stash.count > count / 2, 'most is stashed');
	t.is(flooder.answers.size, 0);
	const {messages} = await service.resume();
	t.true(messages > count / 2);
	await flooder.answered(count);
	t.is(flooder.errors, 0);
	t.is(wrongAnswers(flooder, expected), 0);
	t.is(service.stash.count, 0);
}

/** Signals of 1 MB, and after each a call that tells whether all signals before it have come, and none after. */
async function largeSignalsArriveInOrder(
	t: ExecutionContext,
	bus: PrivateBus,
	count: number,
): Promise<{stops: number[]}> {
	const service = await StashedService.stop(t, bus);
	service.drain.start();
	const flooder = await Flooder.connect(t, bus);
	const expected = await sendLarge(flooder, count);
	await until(() => service.stash.bytes > (count - 4) * megabyte.length, 'most is stashed');
	const {stops} = await service.resume();
	await flooder.answered(count);
	t.is(flooder.errors, 0);
	t.is(wrongAnswers(flooder, expected), 0);
	return {stops};
}

async function sendLarge(flooder: Flooder, count: number, from = 0): Promise<Map<number, number>> {
	const expected = new Map<number, number>();
	let sum = from;
	for (let number = 1; number <= count; number++) {
		flooder.bump(number, megabyte);
		sum += number;
		expected.set(flooder.get(), sum);
		if (number % 8 === 0) await flooder.routed();
	}
	await flooder.routed();
	return expected;
}

test('20,000 calls to a service that stands still are each answered once, in order', async (t) => {
	await everyCallIsAnsweredOnce(t, await testBus(t), 20_000);
});

test('100 MB of signals wait on disk, and arrive in order between the calls', async (t) => {
	const {stops} = await largeSignalsArriveInOrder(t, await testBus(t), 100);
	t.true(stops.length > 3, 'in more than one stop');
});

test('the same on dbus-broker', async (t) => {
	const program = brokerProgram();
	if (program === undefined) return t.pass('there is no dbus-broker here');
	await everyCallIsAnsweredOnce(t, await testBroker(t, program), 7000);
	await largeSignalsArriveInOrder(t, await testBroker(t, program), 60);
});

test('little goes to the stash within an instant, too, and the daemon is stopped once for it', async (t) => {
	const bus = await testBus(t);
	const service = await StashedService.stop(t, bus);
	service.drain.start();
	const flooder = await Flooder.connect(t, bus);
	const expected = await callMany(flooder, 100);
	await until(() => service.stash.count === 100, 'they are stashed');
	const {stops} = await service.resume();
	t.is(stops.length, 1);
	await flooder.answered(100);
	t.is(wrongAnswers(flooder, expected), 0);
});

test("the daemon's send buffer is as it was when draining stops, and after a put back", async (t) => {
	const bus = await testBus(t);
	const service = await StashedService.stop(t, bus);
	const buffer = () => {
		const end = openDaemonEnd(service.fd, bus.pid);
		if (!end) throw new Error('closed');
		const bytes = sendBuffer(end.fd);
		closeFd(end.fd);
		return bytes;
	};
	const original = buffer();
	service.drain.start();
	t.true(buffer() > original);
	const flooder = await Flooder.connect(t, bus);
	const expected = await sendLarge(flooder, 16);
	await until(() => service.stash.count > 16, 'some is stashed');
	service.drain.stop();
	t.is(buffer(), original);
	await service.resume();
	t.is(buffer(), original);
	await flooder.answered(16);
	t.is(wrongAnswers(flooder, expected), 0);
});

test('an aborted thaw takes everything back; later messages come later, and all come once', async (t) => {
	const bus = await testBus(t);
	const service = await StashedService.stop(t, bus);
	service.drain.start();
	const flooder = await Flooder.connect(t, bus);
	const first = await sendLarge(flooder, 20);
	const {reader, stash} = service;
	const later: Array<Map<number, number>> = [];
	for (const round of [1, 2]) {
		service.drain.stop();
		const putBack = new PutBack({reader, stash});
		const {messages} = await putBack.run();
		t.true(messages >= 20);
		t.like(readPutBackRecord(stash.dir), {complete: true});
		t.true(unreadBytes(service.fd) >= 20 * megabyte.length);
		await putBack.takeBack();
		t.is(readPutBackRecord(stash.dir), undefined);
		t.true(stash.count >= 20);
		const [last] = [...(later.at(-1) ?? first).values()].slice(-1);
		service.drain.start();
		later.push(await sendLarge(flooder, 4 * round, last));
	}
	await service.resume();
	await flooder.answered(32);
	t.is(flooder.errors, 0);
	for (const expected of [first, ...later]) t.is(wrongAnswers(flooder, expected), 0);
	t.is(readPutBackRecord(stash.dir), undefined);
});

test('somebody who writes between two stops is noticed, and order is kept', async (t) => {
	const bus = await testBus(t);
	const service = await StashedService.stop(t, bus);
	service.drain.start();
	const flooder = await Flooder.connect(t, bus);
	const expected = await sendLarge(flooder, 40);
	await until(() => service.stash.bytes > 36 * megabyte.length, 'most is stashed');
	service.drain.stop();
	const end = openDaemonEnd(service.fd);
	if (!end) throw new Error('closed');
	t.teardown(() => closeFd(end.fd));
	const intruder = encodeMessage({
		type: 'signal',
		serial: 1,
		sender: ':1.77',
		path: '/x',
		interface: 'org.dbusfreeze.Demo.Control',
		member: 'Bump',
		signature: 'i',
		body: [1_000_000],
	});
	let written = false;
	// A timer runs only between the stops.
	const timer = setInterval(() => {
		if (written || unreadBytes(service.fd) < megabyte.length) return;
		written = true;
		const before = sendBuffer(end.fd);
		setSendBuffer(end.fd, 2 ** 30);
		sendWithFds(end.fd, intruder);
		setSendBuffer(end.fd, before);
	}, 1);
	const putBack = new PutBack({reader: service.reader, stash: service.stash});
	const {bytes} = await putBack.run();
	clearInterval(timer);
	t.true(written);
	t.is(bytes, unreadBytes(service.fd));
	process.kill(service.pid, 'SIGCONT');
	putBack.finish();
	await flooder.answered(40);
	// It came after everything that was sent before it.
	t.is(wrongAnswers(flooder, expected), 0);
	const last = flooder.get();
	await flooder.answered(41);
	t.deepEqual(flooder.answers.get(last), [(40 * 41) / 2 + 1_000_000]);
});

test('a message of which half has arrived is put back by half, and the daemon goes on with it', async (t) => {
	const bus = await testBus(t);
	const service = await StashedService.stop(t, bus);
	const flooder = await Flooder.connect(t, bus);
	const small = await callMany(flooder, 10);
	flooder.bump(5, Buffer.alloc(3 * 1024 * 1024, 1));
	await flooder.routed();
	process.kill(bus.pid, 'SIGSTOP');
	await until(() => readStat(bus.pid)?.state === 'T', 'the daemon stands');
	for (const messages of service.reader.readAll()) service.stash.appendAll(messages);
	t.is(service.stash.count, 10);
	t.true(service.reader.partial > 100_000);
	const {messages} = await service.resume();
	t.is(messages, 10);
	process.kill(bus.pid, 'SIGCONT');
	const last = flooder.get();
	await flooder.answered(11);
	t.is(wrongAnswers(flooder, small), 0);
	t.deepEqual(flooder.answers.get(last), [([...small.values()].at(-1) as number) + 5]);
});

test('a queue that begins in the middle of a message is kept and put back as it is', async (t) => {
	const bus = await testBus(t);
	const service = await StashedService.stop(t, bus);
	const flooder = await Flooder.connect(t, bus);
	const expected = await callMany(flooder, 300);
	// The part that the service would have in its own memory.
	const read = receiveWithFds(service.fd, 77);
	if (!read) throw new Error('nothing waits');
	service.stash.append({bytes: read.data, fds: [], at: 1, opaque: true});
	service.drain.start();
	const more = await sendLarge(flooder, 20, [...expected.values()].at(-1));
	await until(() => service.stash.bytes > 18 * megabyte.length, 'most is stashed');
	t.is(service.stash.summaries(1, 1)[0]?.type, undefined);
	await service.resume();
	await flooder.answered(320);
	t.is(wrongAnswers(flooder, expected) + wrongAnswers(flooder, more), 0);
});

/** A program of our own that prints what each descriptor says that it was sent; stopped and held. */
async function stoppedReceiver(
	t: ExecutionContext,
	bus: PrivateBus,
	program: string,
	count: number,
): Promise<{pid: number; fd: number; output: () => string[]}> {
	const env = Object.entries(bus.env).map(([name, value]) => `${name}=${value}`);
	const {pid, child} = await runProgram(t, '/usr/bin/env', [...env, program, 'receive', String(count)]);
	let output = '';
	child.stdout.on('data', (data) => {
		output += data;
	});
	process.kill(pid, 'SIGSTOP');
	await until(() => readStat(pid)?.state === 'T', 'it stands');
	const ends = outsideEnds(snapshotProcesses(pid)).filter(({peer}) => peer.includes(bus.dir));
	const held = hold(ends);
	t.teardown(() => letGo(held));
	return {pid, fd: held[0]?.ourFd ?? -1, output: () => output.trim().split('\n')};
}

test('descriptors in messages survive the stash, each with its own message', async (t) => {
	await descriptorsSurvive(t, await testBus(t));
});

test('descriptors survive on dbus-broker, too, which sends them one by one', async (t) => {
	const broker = brokerProgram();
	if (broker === undefined) return t.pass('there is no dbus-broker here');
	await descriptorsSurvive(t, await testBroker(t, broker));
});

async function descriptorsSurvive(t: ExecutionContext, bus: PrivateBus): Promise<void> {
	const program = compile(t, path.join(programs, 'numbered-fds.c'), flagsOf('dbus-1'));
	const {pid, fd, output} = await stoppedReceiver(t, bus, program, 300);
	t.false(descriptorsWait(fd));
	const env = {...process.env, ...bus.env};
	execFileSync(program, ['send', '300'], {env, timeout: 30_000});
	await until(() => descriptorsWait(fd), 'they wait');
	const reader = new HeldReader(fd);
	const stash = Stash.open(path.join(bus.dir, 'stash'));
	t.teardown(() => stash.close());
	for (const messages of reader.readAll()) stash.appendAll(messages);
	t.true(stash.descriptors > 0);
	const putBack = new PutBack({reader, stash});
	const {undeliverable} = await putBack.run();
	t.deepEqual(undeliverable, []);
	process.kill(pid, 'SIGCONT');
	putBack.finish();
	await until(() => output().length >= 300, 'all have arrived');
	t.deepEqual(
		output(),
		Array.from({length: 300}, (_, number) => `${number} ${number}`),
	);
}

test('a full disk stops the draining, is told, and loses nothing', async (t) => {
	const dir = temporaryFolder(t);
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=700', 'tmpfs', dir], {stdio: 'pipe'});
	} catch {
		return t.pass('mounting is not allowed here');
	}
	t.teardown(() => void execFileSync('umount', ['-l', dir]));
	const bus = await testBus(t);
	const states: string[] = [];
	const service = await StashedService.stop(t, bus, {
		dir: path.join(dir, 'stash'),
		onChange: (state) => states.push(state),
	});
	service.drain.start();
	const flooder = await Flooder.connect(t, bus);
	const expected = await sendLarge(flooder, 60);
	await until(() => service.drain.state === 'disk-full', 'the disk is full');
	t.is(service.drain.fault?.code, 'disk-full');
	const {count} = service.stash;
	t.true(count < 30, 'it does not go on in memory');
	execFileSync('mount', ['-o', 'remount,size=8m', dir]);
	await until(() => service.stash.count > count, 'it goes on when there is room');
	await service.resume();
	await flooder.answered(60);
	t.is(flooder.errors, 0);
	t.is(wrongAnswers(flooder, expected), 0);
	t.true(states.includes('draining'));
});

test('a stash as large as can be put back takes no more, and the rest waits outside', async (t) => {
	const bus = await testBus(t);
	const service = await StashedService.stop(t, bus, {limit: 10 * megabyte.length});
	service.drain.start();
	const flooder = await Flooder.connect(t, bus);
	const expected = await sendLarge(flooder, 50);
	await until(() => service.drain.state === 'limit', 'the limit is told');
	t.true(service.stash.bytes <= 10 * megabyte.length);
	await service.resume();
	await flooder.answered(50);
	t.is(wrongAnswers(flooder, expected), 0);
});

test('the end of the daemon is told, with what it had sent', async (t) => {
	const bus = await testBus(t);
	const service = await StashedService.stop(t, bus);
	service.drain.start();
	const flooder = await Flooder.connect(t, bus);
	await callMany(flooder, 50);
	process.kill(bus.pid, 'SIGKILL');
	await until(() => service.drain.state === 'ended', 'the end is told');
	t.is(service.stash.count, 50);
	service.drain.stop();
	const putBack = new PutBack({reader: service.reader, stash: service.stash});
	await t.throwsAsync(putBack.run(), {code: 'hold-lost'});
	t.is(service.stash.count, 50);
});
