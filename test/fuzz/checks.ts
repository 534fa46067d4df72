import assert from 'node:assert/strict';
import {humanLine, jsonLine} from '../../src/cli/traffic/message-line.js';
import {argumentsText} from '../../src/dbus/arguments.js';
import {JsonLinesReader} from '../../src/dbus/capture/json-lines.js';
import {PcapReader} from '../../src/dbus/capture/pcap.js';
import {PcapngReader} from '../../src/dbus/capture/pcapng.js';
import {CaptureError} from '../../src/dbus/capture/record.js';
import {ByteQueue} from '../../src/dbus/held/byte-queue.js';
import {inspectMessage} from '../../src/dbus/inspect.js';
import {NameTable} from '../../src/dbus/names.js';
import {watchOwners} from '../../src/dbus/owners.js';
import {QueryError} from '../../src/dbus/query/error.js';
import {parseQuery} from '../../src/dbus/query/query.js';
import {Secrets} from '../../src/dbus/secrets.js';
import {WireError} from '../../src/dbus/wire/error.js';
import {FrameSplitter} from '../../src/dbus/wire/frame.js';
import {field, Header} from '../../src/dbus/wire/header.js';
import {bodyJson} from '../../src/dbus/wire/json.js';
import {maskedCopy} from '../../src/dbus/wire/mask.js';
import type {Value} from '../../src/dbus/wire/reader.js';
import {bodyText} from '../../src/dbus/wire/text.js';
import {encodeMessage} from '../../src/dbus/wire/writer.js';
import type {Random} from './random.js';

/** What must never reach a terminal. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const ascii = /^[\0-\x7f]*$/;
const limits = {bytes: 64, elements: 4, values: 32};
/** Characters of a text whose body was decoded within `limits`, escapes and sizes included. */
const longestText = 64 * 1024;

const names = new NameTable();
const secrets = new Secrets();
const queries = [
	'x',
	'body:a type:error',
	"arg0='a',arg1path='/a/'",
	'from:Counter slower:1 or -member:G?t*',
].map((text) => parseQuery(text));
const first = new Header();
const second = new Header();

/** Undefined where the bytes are refused; any other error than the refusal is a defect. */
function unlessRefused<T>(work: () => T, refusal: new (...words: never[]) => Error): T | undefined {
	try {
		return work();
	} catch (error) {
		if (error instanceof refusal) return undefined;
		throw error;
	}
}

function assertSafe(text: string): void {
	assert.ok(!unsafe.test(text), `unsafe text: ${JSON.stringify(text)}`);
}

/** A stream in pieces: frames are cut out of it, or it is refused. */
export function checkStream(bytes: Buffer, random: Random): void {
	let framed = 0;
	const splitter = new FrameSplitter((_, start, end) => {
		assert.ok(end - start >= 16);
		framed += end - start;
	});
	unlessRefused(() => {
		for (let at = 0; at < bytes.length; ) {
			const size = 1 + random.below(bytes.length);
			splitter.push(bytes.subarray(at, at + size));
			at += size;
		}
	}, WireError);
	assert.ok(framed <= bytes.length);
}

/** One message, looked at in every way that the program has. Returns whether it was one. */
export function checkMessage(bytes: Buffer): boolean {
	const header = unlessRefused(() => first.load(bytes, 0, bytes.length), WireError);
	if (header === undefined) return false;
	watchOwners(header, names);
	const masked = maskedCopy(header);
	assert.equal(masked.length, bytes.length);
	const secret = secrets.covers(header, names);
	for (const query of queries) query.matches({first: header, secret}, names);

	const values = unlessRefused(() => header.body(), WireError);
	const json = unlessRefused(() => bodyJson(header), WireError);
	assert.equal(json === undefined, values === undefined, 'both decoders agree on what is a body');
	if (json !== undefined) {
		assertSafe(json);
		JSON.parse(json);
	}
	const some = unlessRefused(() => header.body(limits), WireError);
	assert.ok(values === undefined || some !== undefined, 'what is whole is so within limits');
	if (some !== undefined) {
		const text = bodyText(some);
		assertSafe(text);
		assert.ok(text.length <= longestText, `${text.length} characters`);
	}
	assertSafe(argumentsText(header) ?? '');
	const facts = {index: 1, at: 1.5, elapsed: 0.25, member: 'M', nameOf: (name: string) => names.nameOf(name)};
	assertSafe(humanLine(header, facts));
	const line = jsonLine(header, facts);
	assertSafe(line);
	JSON.parse(line);
	if (values !== undefined) {
		checkWhole(header, values, masked);
		readBack(line, header);
	}
	unlessRefused(() => inspectMessage(bytes), WireError);
	return true;
}

/** What is decoded can be written, and is the same then; what is masked is whole. */
function checkWhole(header: Header, values: Value[], masked: Buffer): void {
	const signature = header.text(field.signature) ?? '';
	const again = encodeMessage({type: 'signal', serial: 1, signature, body: values}, header.littleEndian);
	assert.deepEqual(second.load(again, 0, again.length).body(), values);
	second.load(masked, 0, masked.length).body();
}

/** A line is read as a message again, with the same header and body. */
function readBack(line: string, header: Header): void {
	if (header.type === undefined) return;
	const frames: Buffer[] = [];
	const reader = new JsonLinesReader(
		(frame) => frames.push(frame),
		() => {},
		() => {},
	);
	reader.line(line);
	// Names are ASCII on a bus; what is none grows when it is written again, and then may be too long.
	const texts = Object.values(field).map((code) => header.text(code) ?? '');
	if (!ascii.test(texts.join(''))) return;
	assert.equal(frames.length, 1, 'a line that we wrote is one that we read');
	const [frame] = frames as [Buffer];
	second.load(frame, 0, frame.length);
	assert.deepEqual(JSON.parse(bodyJson(second)), JSON.parse(bodyJson(header)));
	assert.deepEqual(
		[second.type, second.serial, second.replySerial, second.fds, second.noReply],
		[header.type, header.serial, header.replySerial, header.fds, header.noReply],
	);
}

/** A damaged file: read as far as it goes. */
export function checkFile(bytes: Buffer, random: Random): void {
	const onRecord = (record: Buffer): void => void checkMessage(Buffer.from(record));
	const readers = [
		new PcapReader(onRecord),
		new PcapngReader(onRecord),
		new JsonLinesReader(
			onRecord,
			() => {},
			() => {},
		),
	];
	for (const reader of readers) {
		const queue = new ByteQueue();
		unlessRefused(() => {
			for (let at = 0; at < bytes.length; ) {
				const size = 1 + random.below(bytes.length);
				queue.push(bytes.subarray(at, at + size));
				reader.read(queue);
				at += size;
			}
		}, CaptureError);
	}
}

/** A filter that somebody typed. */
export function checkQuery(text: string): void {
	const query = unlessRefused(() => parseQuery(text, (name) => `${name} or x`), QueryError);
	const frame = encodeMessage({type: 'signal', serial: 1, path: '/a', interface: 'a.b', member: 'C'});
	query?.matches({first: second.load(frame, 0, frame.length)}, names);
}
