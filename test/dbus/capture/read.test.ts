import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Fault} from '../../../src/common/fault.js';
import {openCapture} from '../../../src/dbus/capture/open.js';
import {PcapWriter} from '../../../src/dbus/capture/pcap-writer.js';
import {type CaptureSummary, readCapture} from '../../../src/dbus/capture/read.js';
import {parseQuery} from '../../../src/dbus/query/query.js';
import {recordTraffic} from '../../../src/dbus/record.js';
import type {Traffic} from '../../../src/dbus/traffic.js';
import {encodeMessage} from '../../../src/dbus/wire/writer.js';
import {TestClient, testBus, until} from '../../support/bus.js';
import {temporaryFolder} from '../../support/compile.js';
import {demoServices, startService} from '../../support/services.js';

const messages = Array.from({length: 5}, (_, index) =>
	encodeMessage(
		{type: 'signal', serial: index + 1, path: '/a', interface: 'a.b', member: `M${index}`, sender: ':1.1'},
		index % 2 === 0,
	),
);
/** Milliseconds since the epoch, with three places as a pcap file has them. */
const stamps = messages.map((_, index) => 1_700_000_000_000 + index + 0.125);

type Endian = 'little' | 'big';

function words(endian: Endian, ...values: number[]): Buffer {
	const bytes = Buffer.alloc(values.length * 4);
	for (const [index, value] of values.entries()) {
		if (endian === 'little') bytes.writeUInt32LE(value, index * 4);
		else bytes.writeUInt32BE(value, index * 4);
	}
	return bytes;
}

/** A classic capture, written by hand. */
function pcap(endian: Endian, nanoseconds: boolean, link = 231): Buffer {
	const head = words(endian, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 0, 0, 0, 1 << 27, link);
	const records = messages.flatMap((message, index) => {
		const at = stamps[index] as number;
		const fraction = Math.round((at % 1000) * (nanoseconds ? 1e6 : 1e3));
		return [words(endian, Math.floor(at / 1000), fraction, message.length, message.length), message];
	});
	return Buffer.concat([head, ...records]);
}

function block(endian: Endian, type: number, body: Buffer): Buffer {
	const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
	const size = padded.length + 12;
	return Buffer.concat([words(endian, type, size), padded, words(endian, size)]);
}

/** Two interfaces: a foreign one, and D-Bus with stamps in nanoseconds. */
function pcapng(endian: Endian): Buffer {
	const section = Buffer.concat([words(endian, 0x1a2b3c4d, 0x00000001), Buffer.alloc(8, 0xff)]);
	const half = (value: number): Buffer => {
		const bytes = Buffer.alloc(2);
		if (endian === 'little') bytes.writeUInt16LE(value);
		else bytes.writeUInt16BE(value);
		return bytes;
	};
	const foreign = Buffer.concat([half(1), half(0), words(endian, 0)]);
	const options = Buffer.concat([half(9), half(1), Buffer.from([9, 0, 0, 0]), half(0), half(0)]);
	const dbus = Buffer.concat([half(231), half(0), words(endian, 0), options]);
	const packet = (on: number, bytes: Buffer, at: number): Buffer => {
		const stamp = BigInt(Math.round(at * 1000)) * 1000n;
		const head = words(
			endian,
			on,
			Number(stamp >> 32n),
			Number(stamp & 0xffffffffn),
			bytes.length,
			bytes.length,
		);
		return block(endian, 6, Buffer.concat([head, bytes]));
	};
	return Buffer.concat([
		block(endian, 0x0a0d0d0a, section),
		block(endian, 1, foreign),
		block(endian, 1, dbus),
		packet(0, Buffer.from('ethernet'), 0),
		block(endian, 0xbad, Buffer.from('unknown block')),
		...messages.map((message, index) => packet(1, message, stamps[index] as number)),
	]);
}

interface Reading extends CaptureSummary {
	frames: Buffer[];
	at: number[];
}

async function reading(t: ExecutionContext, bytes: Buffer | string): Promise<Reading> {
	const file = path.join(temporaryFolder(t), 'capture');
	fs.writeFileSync(file, bytes);
	const frames: Buffer[] = [];
	const at: number[] = [];
	const summary = await readCapture(file, {
		onMessage(header, stamp) {
			frames.push(Buffer.from(header.bytes.subarray(header.start, header.end)));
			at.push(stamp);
		},
	});
	return {...summary, frames, at};
}

for (const endian of ['little', 'big'] as const) {
	for (const nanoseconds of [false, true]) {
		test(`pcap is read: ${endian}-endian, ${nanoseconds ? 'nano' : 'micro'}seconds`, async (t) => {
			t.deepEqual(await reading(t, pcap(endian, nanoseconds)), {
				format: 'pcap',
				messages: 5,
				broken: 0,
				truncated: false,
				frames: messages,
				at: stamps,
			});
		});
	}
	test(`pcapng is read: ${endian}-endian, other interfaces and blocks passed over`, async (t) => {
		const {frames, at, format, broken, truncated} = await reading(t, pcapng(endian));
		t.deepEqual([format, broken, truncated], ['pcapng', 0, false]);
		t.deepEqual(frames, messages);
		for (const [index, stamp] of at.entries()) t.true(Math.abs(stamp - (stamps[index] as number)) < 0.001);
	});
}

test('a file that was cut anywhere gives what is whole, and says that it was cut', async (t) => {
	const whole = pcap('little', false);
	const ends = [24];
	for (const message of messages) ends.push((ends.at(-1) as number) + 16 + message.length);
	for (let size = 24; size < whole.length; size += 7) {
		const {frames, truncated} = await reading(t, whole.subarray(0, size));
		const complete = ends.filter((end) => end <= size).length - 1;
		t.is(frames.length, complete);
		t.is(truncated, !ends.includes(size));
	}
});

test('records that are no messages are counted and passed over', async (t) => {
	const good = pcap('little', false);
	const cutShort = Buffer.from(messages[0] as Buffer).subarray(0, 20);
	const noise = Buffer.from('this is no D-Bus message at all!');
	const kept = Buffer.concat([words('little', 0, 0, 100, 200), (messages[0] as Buffer).subarray(0, 100)]);
	const bytes = Buffer.concat([
		good,
		words('little', 0, 0, cutShort.length, cutShort.length),
		cutShort,
		words('little', 0, 0, noise.length, noise.length),
		noise,
		words('little', 0, 0, 0, 0),
		...((messages[0] as Buffer).length >= 100 ? [kept] : []),
		good.subarray(24),
	]);
	const {frames, broken} = await reading(t, bytes);
	t.deepEqual(frames, [...messages, ...messages]);
	t.true(broken >= 3);
});

test('messages larger than a read are whole', async (t) => {
	const large = encodeMessage({
		type: 'signal',
		serial: 1,
		path: '/a',
		interface: 'a.b',
		member: 'Large',
		signature: 'ay',
		body: [Buffer.alloc(3_500_000, 7)],
	});
	const record = (message: Buffer): Buffer[] => [
		words('little', 0, 0, message.length, message.length),
		message,
	];
	const {frames} = await reading(
		t,
		Buffer.concat([pcap('little', false), ...record(large), ...record(messages[1] as Buffer)]),
	);
	t.deepEqual(frames.slice(5), [large, messages[1]]);
});

const refused: Array<[what: string, bytes: Buffer | string, reason: string]> = [
	['nothing', '', 'format'],
	['a text', 'hello, world\n', 'format'],
	['another network', pcap('little', false, 1), 'no-dbus'],
	[
		'a record without end',
		Buffer.concat([pcap('big', false), words('big', 0, 0, 1 << 30, 1 << 30)]),
		'record-size',
	],
	['a damaged block', Buffer.concat([pcapng('little'), words('little', 6, 7, 7, 7)]), 'block'],
];
for (const [what, bytes, reason] of refused) {
	test(`${what} is refused`, async (t) => {
		const fault = await t.throwsAsync(reading(t, bytes), {instanceOf: Fault});
		t.like(fault, {code: 'bad-capture', exitCode: 4});
		t.is((fault as Fault<'bad-capture'>).params.reason, reason);
	});
}

test('a file that is not there is a fault', async (t) => {
	const fault = await t.throwsAsync(readCapture('/nowhere', {onMessage() {}}), {instanceOf: Fault});
	t.deepEqual(fault?.params, {path: '/nowhere', reason: 'ENOENT', offset: 0});
});

test('what dbus-monitor captured is what we saw; pairs, names and filters work on it', async (t) => {
	const bus = await testBus(t);
	const file = path.join(bus.dir, 'dbus-monitor.pcap');
	const monitor = spawn('dbus-monitor', ['--address', bus.address, '--pcap'], {
		stdio: ['ignore', fs.openSync(file, 'w'), 'ignore'],
	});
	t.teardown(() => monitor.kill('SIGKILL'));
	await until(() => fs.statSync(file).size > 0, 'dbus-monitor watches');
	const live = await recordTraffic(bus);
	t.teardown(() => live.close());
	await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	await client.add(demoServices.counter, 2);
	await t.throwsAsync(client.call(demoServices.counter.name, demoServices.counter.path, 'Nonsense'));
	const sizeBefore = fs.statSync(file).size;
	client.bump(7);
	await until(() => fs.statSync(file).size > sizeBefore, 'it was written');
	await until(() => live.matches(live.range().end - 1, parseQuery('Bump')), 'it was seen');
	monitor.kill('SIGINT');
	await once(monitor, 'exit');

	const {traffic, summary} = await openCapture(file);
	t.like(summary, {format: 'pcap', broken: 0, truncated: false});
	t.deepEqual(traffic.status(), {mode: 'capture'});
	const texts = textsOf(live);
	// dbus-monitor sees us coming; from then on both see the same.
	t.deepEqual(textsOf(traffic).slice(-texts.length), texts);
	const {first, end} = traffic.range();
	const found = (text: string) => {
		const query = parseQuery(text);
		return Array.from({length: end - first}, (_, offset) => first + offset).filter((index) =>
			traffic.matches(index, query),
		).length;
	};
	t.is(found('member:Add to:Counter'), 2);
	t.is(found('type:error'), 2);
	t.is(found(`from:${client.uniqueName} member:Add -slower:0`), 0);
});

/** Each message of a record, without what only one reader knows. */
function textsOf(traffic: Traffic): string[] {
	const {first, end} = traffic.range();
	return Array.from({length: end - first}, (_, offset) => {
		const message = traffic.get(first + offset);
		if (message === undefined) throw new Error('it is gone');
		const {type, serial, sender, destination, member} = message;
		return `${type} ${serial} ${sender} ${destination} ${member} ${traffic.body(message)}`;
	});
}

test('what we write, we read: every stamp and byte', async (t) => {
	const file = path.join(temporaryFolder(t), 'own.pcap');
	const writer = new PcapWriter(file);
	for (const [index, message] of messages.entries())
		writer.write(message, 0, message.length, stamps[index] as number);
	writer.close();
	const {frames, at} = await reading(t, fs.readFileSync(file));
	t.deepEqual(frames, messages);
	t.deepEqual(at, stamps);
});
