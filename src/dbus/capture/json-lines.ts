import type {ByteQueue} from '../held/byte-queue.js';
import type {MessageType} from '../types.js';
import {WireError} from '../wire/error.js';
import {flag} from '../wire/header.js';
import {encodeMessage, type MessageParts} from '../wire/writer.js';
import {valuesFromJson} from './json-value.js';
import {CaptureError, type RecordListener, type RecordReader} from './record.js';

/** Characters; `watch` writes no longer ones, because it leaves out bodies that would be. */
const longestLine = 64 * 1024 * 1024;
const newline = 0x0a;

const messageTypes = new Set<string>(['call', 'return', 'error', 'signal'] satisfies MessageType[]);

/** Who a line says is behind a unique name. */
export type NameListener = (uniqueName: string, name: string) => void;

/** The lines of `watch --json`. Each becomes a message again, byte for byte valid, though not the same bytes. */
export class JsonLinesReader implements RecordReader {
	/** How much of the queue holds no line end. */
	#searched = 0;
	readonly #onRecord: RecordListener;
	readonly #onName: NameListener;
	readonly #onBroken: () => void;

	constructor(onRecord: RecordListener, onName: NameListener, onBroken: () => void) {
		this.#onRecord = onRecord;
		this.#onName = onName;
		this.#onBroken = onBroken;
	}

	read(queue: ByteQueue): void {
		for (;;) {
			const bytes = queue.peek(queue.length);
			const end = bytes.indexOf(newline, this.#searched);
			if (end < 0) {
				this.#searched = bytes.length;
				if (bytes.length > longestLine) throw new CaptureError('record-size');
				return;
			}
			this.#searched = 0;
			this.line(queue.take(end + 1).toString('utf8', 0, end));
		}
	}

	line(text: string): void {
		if (text.trim() === '') return;
		try {
			const line = objectFrom(text);
			const frame = encodeMessage(partsOf(line));
			for (const party of ['sender', 'destination'] as const) {
				const name = line[`${party}Name`];
				if (typeof line[party] === 'string' && typeof name === 'string') this.#onName(line[party], name);
			}
			this.#onRecord(frame, typeof line.at === 'number' ? line.at : 0, frame.length);
		} catch (error) {
			if (!(error instanceof WireError || error instanceof SyntaxError)) throw error;
			this.#onBroken();
		}
	}
}

function objectFrom(text: string): Record<string, unknown> {
	const line: unknown = JSON.parse(text);
	if (typeof line !== 'object' || line === null) throw new WireError('line is no object');
	return line as Record<string, unknown>;
}

function partsOf(line: Record<string, unknown>): MessageParts {
	const {type, serial, replySerial, fds, noReply, signature, body} = line;
	if (typeof type !== 'string' || !messageTypes.has(type)) throw new WireError(`type ${String(type)}`);
	if (typeof serial !== 'number') throw new WireError('line without a serial');
	const parts: MessageParts = {type: type as MessageType, serial, flags: noReply ? flag.noReplyExpected : 0};
	if (typeof replySerial === 'number') parts.replySerial = replySerial;
	if (typeof fds === 'number' && fds > 0) parts.fds = fds;
	for (const key of ['sender', 'destination', 'path', 'interface', 'member', 'errorName'] as const) {
		const value = line[key];
		if (typeof value === 'string') parts[key] = value;
	}
	// A body that was masked or broken has no values; without its signature the message is whole again.
	if (typeof signature === 'string' && body !== undefined) {
		parts.signature = signature;
		parts.body = valuesFromJson(signature, body);
	}
	return parts;
}
