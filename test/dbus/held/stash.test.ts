import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {HeldMessage} from '../../../src/dbus/held/reader.js';
import {Stash} from '../../../src/dbus/held/stash.js';
import {encodeMessage} from '../../../src/dbus/wire/writer.js';
import {temporaryFolder} from '../../support/compile.js';

function message(serial: number, size = 10): HeldMessage {
	const bytes = encodeMessage({
		type: 'call',
		serial,
		sender: ':1.9',
		destination: 'org.example.D',
		path: '/p',
		interface: 'org.example.I',
		member: `M${serial}`,
		signature: 'ay',
		body: [Buffer.alloc(size, serial)],
	});
	return {bytes, fds: [], at: 1_700_000_000_000 + serial};
}

function withDescriptor(serial: number): HeldMessage {
	const bytes = encodeMessage({
		type: 'signal',
		serial,
		path: '/p',
		interface: 'org.example.I',
		member: 'Fd',
		signature: 'h',
		fds: 1,
		body: [0],
	});
	return {bytes, fds: [fs.openSync('/dev/null', 'r')], at: 1};
}

function open(t: ExecutionContext, dir = path.join(temporaryFolder(t), 'stash')): Stash {
	const stash = Stash.open(dir);
	t.teardown(() => stash.close());
	return stash;
}

function contents(stash: Stash): Buffer[] {
	return [...stash].map(({bytes}) => bytes);
}

test('what went in comes out in order, also for the next process', (t) => {
	const stash = open(t);
	const messages = Array.from({length: 5000}, (_, index) => message(index + 1, index % 300));
	stash.append(messages[0] as HeldMessage);
	stash.appendAll(messages.slice(1));
	t.is(stash.count, 5000);
	t.is(
		stash.bytes,
		messages.reduce((sum, {bytes}) => sum + bytes.length, 0),
	);
	t.is(stash.oldest, messages[0]?.at);
	t.is(stash.unwritten, 0);
	t.deepEqual(stash.at(4321), messages[4321]);
	t.deepEqual(
		contents(stash),
		messages.map(({bytes}) => bytes),
	);
	t.is(fs.statSync(stash.dir).mode & 0o777, 0o700);
	for (const name of fs.readdirSync(stash.dir))
		t.is(fs.statSync(path.join(stash.dir, name)).mode & 0o777, 0o600);
	stash.close();
	const again = open(t, stash.dir);
	t.is(again.torn, 0);
	t.deepEqual([...again], messages);
	again.append(message(9999));
	t.is(again.count, 5001);
});

test('many come in one read, but at least one', (t) => {
	const stash = open(t);
	stash.appendAll([message(1, 1000), message(2, 1000), message(3, 5000), message(4)]);
	t.is(stash.read(0, 2500).length, 2);
	t.is(stash.read(2, 10).length, 1);
	t.deepEqual(stash.read(1, 100_000), [message(2, 1000), message(3, 5000), message(4)]);
	t.deepEqual(stash.read(4, 10), []);
});

test('a stash of several files is one row, and clearing removes them', (t) => {
	const stash = open(t);
	const size = 20 * 1024 * 1024;
	for (let serial = 1; serial <= 8; serial++) stash.append(message(serial, size));
	t.is(fs.readdirSync(stash.dir).length, 2);
	t.is(stash.read(2, 5 * size).length, 4);
	t.true(stash.read(0, 9 * size).every(({bytes}, index) => bytes.equals(message(index + 1, size).bytes)));
	t.is(open(t, stash.dir).count, 8);
	stash.clear();
	t.is(stash.count, 0);
	t.is(stash.bytes, 0);
	t.deepEqual(fs.readdirSync(stash.dir), []);
	stash.append(message(1));
	t.deepEqual(contents(stash), [message(1).bytes]);
});

test('a crash in the middle of a record costs that record alone', (t) => {
	const stash = open(t);
	const messages = [message(1, 100), message(2, 200), message(3, 300)];
	stash.appendAll(messages);
	const dir = stash.dir;
	stash.close();
	const file = path.join(dir, fs.readdirSync(dir)[0] as string);
	const whole = fs.readFileSync(file);
	const lengths = new Map<number, number>();
	for (let cut = 0; cut <= whole.length; cut++) {
		fs.writeFileSync(file, whole.subarray(0, cut));
		const recovered = Stash.open(dir);
		lengths.set(recovered.count, (lengths.get(recovered.count) ?? 0) + 1);
		const wanted = messages.slice(0, recovered.count).map(({bytes}) => bytes);
		if (!contents(recovered).every((bytes, index) => bytes.equals(wanted[index] as Buffer))) t.fail(`${cut}`);
		recovered.close();
	}
	t.deepEqual([...lengths.keys()], [0, 1, 2, 3]);
	t.is(lengths.get(3), 1);
	fs.writeFileSync(file, Buffer.concat([whole, Buffer.alloc(500)]));
	const zeros = open(t, dir);
	t.is(zeros.count, 3);
	t.is(zeros.torn, 500);
	zeros.append(message(4));
	t.is(open(t, dir).count, 4);
});

test('a flipped bit is found, never delivered', (t) => {
	const stash = open(t);
	stash.appendAll([message(1, 1000), message(2, 1000)]);
	const file = path.join(stash.dir, fs.readdirSync(stash.dir)[0] as string);
	const bytes = fs.readFileSync(file);
	bytes[500] = (bytes[500] as number) ^ 4;
	fs.writeFileSync(file, bytes);
	t.throws(() => stash.at(0), {message: /damaged/});
	t.throws(() => stash.read(0, 10_000), {message: /damaged/});
	t.notThrows(() => stash.at(1));
});

test('summaries say what waits, a page at a time', (t) => {
	const stash = open(t);
	stash.appendAll([message(1), message(2, 100_000), {...message(3), opaque: true}]);
	const [second, third, ...others] = stash.summaries(1, 10);
	t.deepEqual(second, {
		index: 1,
		at: 1_700_000_000_002,
		size: message(2, 100_000).bytes.length,
		type: 'call',
		serial: 2,
		sender: ':1.9',
		destination: 'org.example.D',
		path: '/p',
		interface: 'org.example.I',
		member: 'M2',
		fds: 0,
		lostFds: 0,
	});
	t.is(third?.type, undefined);
	t.deepEqual(others, []);
	t.deepEqual(stash.summaries(5, 5), []);
});

test('descriptors live as long as the process; afterwards the message says that it lost them', (t) => {
	const stash = open(t);
	const kept = withDescriptor(7);
	stash.appendAll([message(1), kept, {...withDescriptor(8), opaque: true}]);
	t.deepEqual(stash.at(1).fds, kept.fds);
	t.is(stash.descriptors, 2);
	t.like(stash.summaries(1, 1)[0], {fds: 1, lostFds: 0});
	stash.close();
	t.throws(() => fs.fstatSync(kept.fds[0] as number), {code: 'EBADF'});
	const again = open(t, stash.dir);
	t.is(again.at(1).lostFds, 1);
	t.is(again.at(0).lostFds, undefined);
	t.like(again.summaries(1, 1)[0], {fds: 0, lostFds: 1});
	t.like(again.summaries(2, 1)[0], {fds: 0, lostFds: 1});
});

test('what is written in another thread is in order, too, whatever is done meanwhile', async (t) => {
	const stash = open(t);
	const messages = Array.from({length: 3000}, (_, index) => message(index + 1, (index * 37) % 9000));
	stash.keep(messages.slice(0, 1000));
	const flushing = stash.flushLater();
	stash.appendAll(messages.slice(1000, 2000));
	t.true(stash.unwritten > 0, 'it waits for no disk');
	t.true(stash.unwrittenBytes > 0);
	t.true(stash.flush());
	void stash.flushLater();
	t.deepEqual(stash.at(1500), messages[1500]);
	stash.keep(messages.slice(2000));
	await flushing;
	t.is(stash.unwritten, 0);
	t.is(stash.unwrittenBytes, 0);
	t.deepEqual([...open(t, stash.dir)], messages);
	stash.keep(messages.slice(0, 500));
	const cleared = stash.flushLater();
	stash.clear();
	await cleared;
	t.is(stash.count, 0);
	t.deepEqual(fs.readdirSync(stash.dir), []);
	stash.keep(messages.slice(0, 500));
	const closed = stash.flushLater();
	stash.close();
	await closed;
});

/** A file system of its own with so little room; undefined where we may not mount. */
function smallDisk(t: ExecutionContext, size: string): string | undefined {
	const dir = temporaryFolder(t);
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', dir], {stdio: 'pipe'});
	} catch {
		return undefined;
	}
	t.teardown(() => void execFileSync('umount', ['-l', dir]));
	return dir;
}

test('a full disk loses nothing: the rest waits in memory, in order, and goes to disk when there is room', async (t) => {
	const dir = smallDisk(t, '256k');
	if (dir === undefined) return t.pass('mounting is not allowed here');
	fs.writeFileSync(path.join(dir, 'other'), Buffer.alloc(100_000));
	const stash = open(t, path.join(dir, 'stash'));
	const messages = Array.from({length: 40}, (_, index) => message(index + 1, 10_000));
	for (const each of messages) stash.append(each);
	t.is(stash.fault?.code, 'disk-full');
	t.true(stash.unwritten > 10 && stash.unwritten < 40, `${stash.unwritten}`);
	t.deepEqual(
		contents(stash),
		messages.map(({bytes}) => bytes),
	);
	t.is(stash.read(0, 1e6).length, 40);
	t.is(stash.summaries(0, 100).at(-1)?.member, 'M40');
	const onDisk = 40 - stash.unwritten;
	const crashed = Stash.open(stash.dir);
	t.is(crashed.count, onDisk, 'what is on disk is whole');
	t.is(crashed.torn, 0);
	crashed.close();
	t.false(stash.flush());
	await stash.flushLater();
	t.is(stash.fault?.code, 'disk-full');
	t.is(stash.unwritten, 40 - onDisk);
	execFileSync('mount', ['-o', 'remount,size=2m', dir]);
	t.true(stash.flush());
	t.is(stash.fault, undefined);
	t.is(stash.unwritten, 0);
	t.deepEqual(
		contents(open(t, stash.dir)),
		messages.map(({bytes}) => bytes),
	);
});
