import {closeSync, fstatSync, openSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {HeldReader, HeldStreamError} from '../../../src/dbus/held/reader.js';
import {encodeMessage} from '../../../src/dbus/wire/writer.js';
import {closeFd} from '../../../src/kernel/descriptor.js';
import {
	SOL_SOCKET,
	SocketOption,
	setSocketOption,
	socketPair,
	unreadBytes,
} from '../../../src/kernel/socket.js';
import {receiveWithFds, sendWithFds} from '../../../src/kernel/socket-messages.js';

function pair(t: ExecutionContext): {reader: HeldReader; daemon: number; held: number} {
	const [daemon, held] = socketPair();
	const open = new Set([daemon, held]);
	t.teardown(() => open.forEach((fd) => void quietly(fd)));
	return {reader: new HeldReader(held), daemon, held};
}

function quietly(fd: number): void {
	try {
		closeFd(fd);
	} catch {}
}

function signal(serial: number, size = 0, fds = 0, littleEndian = true): Buffer {
	const parts = {
		type: 'signal',
		serial,
		sender: ':1.1',
		path: '/t',
		interface: 'org.example.T',
		member: 'S',
		signature: 'ay',
		body: [Buffer.alloc(size, serial)],
		...(fds > 0 ? {fds} : {}),
	} as const;
	return encodeMessage(parts, littleEndian);
}

function file(t: ExecutionContext): number {
	const fd = openSync('/etc/passwd', 'r');
	t.teardown(() => closeSync(fd));
	return fd;
}

test('whole frames come out one by one, in both byte orders, and a half one waits for its rest', (t) => {
	const {reader, daemon} = pair(t);
	t.deepEqual(reader.read(), []);
	const frames = [signal(1), signal(2, 100, 0, false), signal(3, 7)];
	const all = Buffer.concat(frames);
	sendWithFds(daemon, all.subarray(0, all.length - 5));
	const before = Date.now();
	const first = reader.read();
	t.deepEqual(
		first.map(({bytes}) => bytes),
		frames.slice(0, 2),
	);
	t.true(first.every(({at}) => at >= before && at <= Date.now()));
	t.is(reader.partial, (frames[2] as Buffer).length - 5);
	t.deepEqual(reader.read(), []);
	sendWithFds(daemon, all.subarray(all.length - 5));
	t.deepEqual(
		reader.read().map(({bytes}) => bytes),
		[frames[2]],
	);
	t.is(reader.partial, 0);
});

test('frames that arrive byte by byte are the same', (t) => {
	const {reader, daemon} = pair(t);
	const frames = [signal(1, 3), signal(2, 0, 0, false)];
	const got: Buffer[] = [];
	for (const byte of Buffer.concat(frames)) {
		sendWithFds(daemon, Buffer.from([byte]));
		got.push(...reader.read().map(({bytes}) => bytes));
	}
	t.deepEqual(got, frames);
});

test('descriptors stay with the message that brought them, also of one larger than the socket', (t) => {
	const {reader, daemon} = pair(t);
	setSocketOption(daemon, SOL_SOCKET, SocketOption.sendBufferForce, 4 * 1024 * 1024);
	const fd = file(t);
	sendWithFds(daemon, signal(1, 10));
	sendWithFds(daemon, signal(2, 300_000, 2), [fd, fd]);
	sendWithFds(daemon, signal(3, 10));
	sendWithFds(daemon, signal(4, 10, 1), [daemon]);
	sendWithFds(daemon, signal(5, 10, 1), [fd]);
	const messages = reader.read();
	t.deepEqual(
		messages.map(({fds}) => fds.length),
		[0, 2, 0, 1, 1],
	);
	t.deepEqual(
		messages.map(({bytes}) => bytes.readUInt32LE(8)),
		[1, 2, 3, 4, 5],
	);
	t.is(fstatSync(messages[1]?.fds[1] ?? -1).ino, fstatSync(fd).ino);
	t.is(fstatSync(messages[3]?.fds[0] ?? -1).ino, fstatSync(daemon).ino);
	for (const open of messages.flatMap(({fds}) => fds)) closeFd(open);
});

test('descriptors of a message that has arrived by half wait with it', (t) => {
	const {reader, daemon} = pair(t);
	const frame = signal(1, 1000, 1);
	sendWithFds(daemon, frame.subarray(0, 500), [file(t)]);
	t.deepEqual(reader.read(), []);
	const half = reader.takePartial();
	t.is(half?.bytes.length, 500);
	t.is(half?.fds.length, 1);
	t.is(reader.partial, 0);
	t.is(reader.takePartial(), undefined);
	if (half) reader.returnPartial(half);
	sendWithFds(daemon, frame.subarray(500));
	sendWithFds(daemon, signal(2));
	const [first, second] = reader.read();
	t.deepEqual(first?.bytes, frame);
	t.is(first?.fds.length, 1);
	t.is(second?.fds.length, 0);
	for (const fd of first?.fds ?? []) closeFd(fd);
});

test('a message whose descriptors did not come says how many are lost', (t) => {
	const {reader, daemon} = pair(t);
	sendWithFds(daemon, signal(1, 0, 2), [file(t)]);
	const [message] = reader.read();
	t.is(message?.lostFds, 1);
	for (const fd of message?.fds ?? []) closeFd(fd);
});

test('what begins no message is refused, and nothing of it is lost', (t) => {
	const {reader, daemon} = pair(t);
	const tail = signal(1, 400).subarray(200);
	const whole = signal(2);
	sendWithFds(daemon, Buffer.concat([tail, whole]), [file(t)]);
	t.throws(() => reader.read(), {instanceOf: HeldStreamError});
	t.throws(() => reader.read(), {instanceOf: HeldStreamError}, 'it stays so');
	const rest = reader.takePartial();
	t.deepEqual(rest?.bytes, Buffer.concat([tail, whole]));
	t.is(rest?.fds.length, 1);
	for (const fd of rest?.fds ?? []) closeFd(fd);
});

test('frames before a malformed one come first; then all can be read as it is', (t) => {
	const {reader, daemon} = pair(t);
	const frame = signal(1);
	const junk = Buffer.from('this is no message at all, by any means');
	sendWithFds(daemon, Buffer.concat([frame, junk]));
	t.deepEqual(
		reader.read().map(({bytes}) => bytes),
		[frame],
	);
	t.throws(() => reader.read(), {instanceOf: HeldStreamError});
	sendWithFds(daemon, Buffer.from(' and more'));
	const pieces = [...reader.readAll()].flat();
	t.true(pieces.every(({opaque}) => opaque));
	t.is(Buffer.concat(pieces.map(({bytes}) => bytes)).toString(), `${junk} and more`);
});

test('a frame that says it is longer than D-Bus allows is refused before it is waited for', (t) => {
	const {reader, daemon} = pair(t);
	const frame = signal(1, 16);
	frame.writeUInt32LE(128 * 1024 * 1024, 4);
	sendWithFds(daemon, frame);
	t.throws(() => reader.read(), {instanceOf: HeldStreamError, message: /\d{9} bytes/});
});

test('the tail of a message that looks like a header by its first bytes is still none', (t) => {
	const {reader, daemon} = pair(t);
	const tail = Buffer.alloc(64);
	tail.set([0x6c, 9, 0, 1]);
	sendWithFds(daemon, tail);
	t.throws(() => reader.read(), {instanceOf: HeldStreamError});
});

test('the end of the stream is told, after everything that was sent before', (t) => {
	const {reader, daemon} = pair(t);
	sendWithFds(daemon, signal(1));
	closeFd(daemon);
	t.is(reader.read().length, 1);
	t.deepEqual(reader.read(), []);
	t.true(reader.ended);
});

test('one read takes a few megabytes, and leaves the rest where it is', (t) => {
	const {reader, daemon, held} = pair(t);
	setSocketOption(daemon, SOL_SOCKET, SocketOption.sendBufferForce, 64 * 1024 * 1024);
	for (let serial = 1; serial <= 20; serial++) sendWithFds(daemon, signal(serial, 1024 * 1024));
	const first = reader.read();
	// Each is a little longer than a MiB, so three whole ones are within four.
	t.true(first.length >= 3 && first.length < 8, `${first.length}`);
	t.true(unreadBytes(held) > 8 * 1024 * 1024);
	const rest = [...reader.readAll()].flat();
	t.is(first.length + rest.length, 20);
	t.is(receiveWithFds(held, 1), undefined);
});
