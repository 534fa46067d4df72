import type {MessageType} from '../types.js';
import {Cursor} from './cursor.js';
import {WireError} from './error.js';
import {fixedHeaderBytes, isLittleEndian, readUint32} from './frame.js';
import {type DecodeLimits, decodeBody, type Value} from './reader.js';
import {type WireType, wireTypes} from './types.js';

/** Header field codes of the specification. */
export const field = {
	path: 1,
	interface: 2,
	member: 3,
	errorName: 4,
	replySerial: 5,
	destination: 6,
	sender: 7,
	signature: 8,
	fds: 9,
} as const;
const fieldCount = 10;
/** The specification's limit of every name and signature, in bytes: what remembers names relies on it. */
export const longestName = 255;
const [variantType] = wireTypes('v') as [WireType];

const messageTypes: Array<MessageType | undefined> = [undefined, 'call', 'return', 'error', 'signal'];
const typeCodes = {string: 0x73, path: 0x6f, signature: 0x67, uint32: 0x75};
export const flag = {noReplyExpected: 1, noAutoStart: 2, allowInteractiveAuthorization: 4} as const;

/**
 * The header of one message, read in place: `load` only finds where the fields are, a string is made when it
 * is asked for. One instance is used again for each message of a stream.
 */
export class Header {
	bytes: Buffer = Buffer.alloc(0);
	start = 0;
	end = 0;
	bodyStart = 0;
	/** One past the last header field, before the padding. */
	fieldsEnd = 0;
	littleEndian = true;
	/** Undefined: a type of a later protocol, to be ignored. */
	type: MessageType | undefined;
	flags = 0;
	serial = 0;
	/** 0 when absent. */
	replySerial = 0;
	fds = 0;
	readonly #from = new Uint32Array(fieldCount);
	readonly #to = new Uint32Array(fieldCount);

	/** Points this at the message `bytes[start, end)`. Throws WireError when its fields are malformed. */
	load(bytes: Buffer, start: number, end: number): this {
		if (end - start < fixedHeaderBytes) throw new WireError('message shorter than a header');
		this.bytes = bytes;
		this.start = start;
		this.end = end;
		this.littleEndian = isLittleEndian(bytes[start]);
		this.type = messageTypes[bytes[start + 1] as number];
		this.flags = bytes[start + 2] as number;
		this.serial = readUint32(bytes, start + 8, this.littleEndian);
		this.replySerial = 0;
		this.fds = 0;
		this.#to.fill(0);
		const fieldsEnd = start + fixedHeaderBytes + readUint32(bytes, start + 12, this.littleEndian);
		this.fieldsEnd = fieldsEnd;
		this.bodyStart = start + Math.ceil((fieldsEnd - start) / 8) * 8;
		if (this.bodyStart > end) throw new WireError('header fields longer than their message');
		this.#scan(fieldsEnd);
		return this;
	}

	/** Names and paths are ASCII on a bus (its daemon sees to it), so Latin-1 is exact and quickest. */
	text(code: number): string | undefined {
		const to = this.#to[code] as number;
		return to === 0 ? undefined : this.bytes.toString('latin1', this.#from[code], to);
	}

	has(code: number): boolean {
		return this.#to[code] !== 0;
	}

	/** Compares without making a string; `ascii` is the whole expected value. */
	is(code: number, ascii: Buffer): boolean {
		const from = this.#from[code] as number;
		const to = this.#to[code] as number;
		return to - from === ascii.length && ascii.compare(this.bytes, from, to) === 0;
	}

	get noReply(): boolean {
		return (this.flags & flag.noReplyExpected) !== 0;
	}

	/** The bytes of the body as text, for searching in it: whatever is no text is noise. */
	bodyString(): string {
		return this.bytes.toString('utf8', this.bodyStart, this.end);
	}

	/** The decoded body. Throws WireError when it does not fit its signature. */
	body(limits?: Partial<DecodeLimits>): Value[] {
		const signature = this.text(field.signature) ?? '';
		return decodeBody(this.bytes, this.bodyStart, this.end, this.littleEndian, signature, limits);
	}

	#scan(fieldsEnd: number): void {
		const {bytes, start} = this;
		let at = start + fixedHeaderBytes;
		while (at < fieldsEnd) {
			const code = bytes[at] as number;
			const type = bytes[at + 2];
			// The usual field: one of nine codes, a variant of one basic type.
			if (code < fieldCount && code > 0 && bytes[at + 1] === 1 && bytes[at + 3] === 0) {
				at = this.#basicField(code, type as number, at + 4);
			} else {
				at = this.#unknownField(at + 1, fieldsEnd);
			}
			if (at > fieldsEnd) throw new WireError('header field beyond the end of the header');
			at = start + ((at - start + 7) & ~7);
		}
	}

	/** Notes one field whose value begins at `at` (4-aligned), and returns the index after it. */
	#basicField(code: number, type: number, at: number): number {
		const isText = code !== field.replySerial && code !== field.fds;
		if (type === typeCodes.uint32 && !isText) {
			const value = readUint32(this.bytes, at, this.littleEndian);
			if (code === field.replySerial) this.replySerial = value;
			else this.fds = value;
			return at + 4;
		}
		const isSignature = type === typeCodes.signature;
		const expected =
			code === field.signature
				? isSignature
				: type === (code === field.path ? typeCodes.path : typeCodes.string);
		if (!isText || !expected) throw new WireError(`header field ${code} of type 0x${type.toString(16)}`);
		const from = isSignature ? at + 1 : at + 4;
		const to =
			from + (isSignature ? (this.bytes[at] as number) : readUint32(this.bytes, at, this.littleEndian));
		if (to >= this.bodyStart || this.bytes[to] !== 0) {
			throw new WireError(`header field ${code} is no string`);
		}
		if (to - from > longestName && code !== field.path) {
			throw new WireError(`header field ${code} of ${to - from} bytes`);
		}
		this.#from[code] = from;
		this.#to[code] = to;
		return to + 1;
	}

	/** Fields of later protocol versions are to be skipped, whatever they hold. */
	#unknownField(at: number, fieldsEnd: number): number {
		const cursor = new Cursor(this.bytes, this.start, fieldsEnd, this.littleEndian);
		cursor.at = at;
		cursor.skip(variantType, 0);
		return cursor.at;
	}
}
