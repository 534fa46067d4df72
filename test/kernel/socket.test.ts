import {closeSync, fstatSync, openSync, readSync, statSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {closeFd, O_NONBLOCK, setStatusFlags, statusFlags} from '../../src/kernel/descriptor.js';
import {SystemCallError} from '../../src/kernel/errors.js';
import {
	getSocketOption,
	peerCredentials,
	SOL_SOCKET,
	SocketOption,
	SocketType,
	setSocketOption,
	socketPair,
	unreadBytes,
	unsentBytes,
} from '../../src/kernel/socket.js';
import {AF_UNIX, formatAddress, localName} from '../../src/kernel/socket-address.js';
import {peek, receiveWithFds, sendWithFds} from '../../src/kernel/socket-messages.js';

function pair(t: ExecutionContext, type: keyof typeof SocketType = 'stream'): [number, number] {
	const ends = socketPair(type);
	t.teardown(() => ends.forEach((fd) => void quietly(fd)));
	return ends;
}

function quietly(fd: number): void {
	try {
		closeFd(fd);
	} catch {}
}

function openCount(): number {
	return Number(statSync('/proc/self/fd').size);
}

test('bytes are counted, peeked and received once', (t) => {
	const [ours, theirs] = pair(t);
	t.is(peek(theirs), undefined);
	t.is(receiveWithFds(theirs, 10), undefined);
	t.is(sendWithFds(ours, Buffer.from('hello')), 5);
	t.is(unreadBytes(theirs), 5);
	t.true(unsentBytes(ours) > 0);
	t.deepEqual(peek(theirs), {data: Buffer.from('hello'), fdCount: 0});
	t.is(unreadBytes(theirs), 5);
	t.is(receiveWithFds(theirs, 3)?.data.toString(), 'hel');
	t.is(receiveWithFds(theirs, 10)?.data.toString(), 'lo');
	t.is(unsentBytes(ours), 0);
	closeFd(ours);
	t.is(peek(theirs)?.data.length, 0, 'the end of the stream is empty data, not "nothing waits"');
});

test('descriptors travel, and peeking counts them without leaking or taking them', (t) => {
	const [ours, theirs] = pair(t);
	const file = openSync('/etc/passwd', 'r');
	t.teardown(() => closeSync(file));
	sendWithFds(ours, Buffer.from('with'), [file, file]);
	sendWithFds(ours, Buffer.from('without'));
	const before = openCount();
	for (let i = 0; i < 3; i++) t.like(peek(theirs), {data: Buffer.from('with'), fdCount: 2});
	t.is(openCount(), before);
	const message = receiveWithFds(theirs, 100);
	t.is(message?.data.toString(), 'with');
	t.is(message?.fds.length, 2);
	for (const fd of message?.fds ?? []) {
		t.is(fstatSync(fd).ino, fstatSync(file).ino);
		t.is(readSync(fd, Buffer.alloc(1), 0, 1, 0), 1);
		closeFd(fd);
	}
	t.deepEqual(peek(theirs), {data: Buffer.from('without'), fdCount: 0});
});

test('credentials that come along are not taken for descriptors', (t) => {
	const [ours, theirs] = pair(t);
	setSocketOption(theirs, SOL_SOCKET, SocketOption.passCredentials, 1);
	sendWithFds(ours, Buffer.from('x'));
	t.is(peek(theirs)?.fdCount, 0);
	t.deepEqual(receiveWithFds(theirs, 10)?.fds, []);
});

test('as many descriptors as the kernel allows, and no more', (t) => {
	const [ours, theirs] = pair(t);
	sendWithFds(
		ours,
		Buffer.from('x'),
		Array.from({length: 253}, () => ours),
	);
	const fds = receiveWithFds(theirs, 10)?.fds ?? [];
	t.is(fds.length, 253);
	for (const fd of fds) closeFd(fd);
	t.throws(
		() =>
			sendWithFds(
				ours,
				Buffer.from('x'),
				Array.from({length: 254}, () => ours),
			),
		{instanceOf: RangeError},
	);
});

test('a packet that is longer than asked for says so', (t) => {
	const [ours, theirs] = pair(t, 'seqpacket');
	sendWithFds(ours, Buffer.from('packet'));
	t.like(receiveWithFds(theirs, 3), {truncated: true});
});

test('a full socket refuses instead of blocking, a closed one does not kill us', (t) => {
	const [ours, theirs] = pair(t);
	const chunk = Buffer.alloc(65_536);
	const full = t.throws(
		() => {
			for (;;) sendWithFds(ours, chunk);
		},
		{instanceOf: SystemCallError},
	);
	t.is(full?.code, 'EAGAIN');
	closeFd(theirs);
	t.throws(() => sendWithFds(ours, chunk), {code: 'EPIPE'});
});

test('options, flags and credentials are those of the socket', (t) => {
	const [ours, theirs] = pair(t, 'seqpacket');
	t.is(getSocketOption(ours, SOL_SOCKET, SocketOption.type), SocketType.seqpacket);
	t.is(getSocketOption(ours, SOL_SOCKET, SocketOption.domain), AF_UNIX);
	t.deepEqual(peerCredentials(ours), {
		pid: process.pid,
		uid: process.getuid?.() ?? -1,
		gid: process.getgid?.() ?? -1,
	});
	t.is(statusFlags(ours) & O_NONBLOCK, 0);
	setStatusFlags(ours, statusFlags(ours) | O_NONBLOCK);
	t.is(statusFlags(ours) & O_NONBLOCK, O_NONBLOCK);
	t.is(statusFlags(theirs) & O_NONBLOCK, 0);
	t.is(localName(ours), undefined);
});

test('errors carry the call and errno by name', (t) => {
	const error = t.throws(() => unreadBytes(9999), {instanceOf: SystemCallError});
	t.like(error, {call: 'ioctl', errno: 9, code: 'EBADF'});
});

test('socket addresses become text', (t) => {
	const unix = (path: string) => Buffer.concat([Buffer.from([1, 0]), Buffer.from(path, 'latin1')]);
	t.is(formatAddress(unix('')), undefined);
	t.is(formatAddress(unix('/run/x\0')), '/run/x');
	t.is(formatAddress(unix('\0/tmp/dbus-x')), '@/tmp/dbus-x');
	t.is(formatAddress(Buffer.from([2, 0, 0x1f, 0x90, 127, 0, 0, 1])), '127.0.0.1:8080');
	const ipv6 = Buffer.alloc(28);
	ipv6[0] = 10;
	ipv6[3] = 80;
	ipv6[23] = 1;
	t.is(formatAddress(ipv6), '[::1]:80');
});
