import type {MessageType} from '../types.js';
import {WireError} from './error.js';
import {fixedHeaderBytes, maxArrayBytes, maxMessageBytes} from './frame.js';
import {field} from './header.js';
import {type Value, Variant} from './reader.js';
import {alignmentOf, completeTypes, maxTotalDepth, typeEnd} from './signature.js';

/** What a message says; the writer adds lengths and alignment. */
export interface MessageParts {
	type: MessageType;
	serial: number;
	flags?: number;
	path?: string;
	interface?: string;
	member?: string;
	errorName?: string;
	replySerial?: number;
	destination?: string;
	sender?: string;
	signature?: string;
	/** How many descriptors go with it; sending them is the caller's part. */
	fds?: number;
	/** Values as `decodeBody` gives them; an `a{…}` also as a plain object, an `ay` as any Uint8Array. */
	body?: readonly unknown[];
}

const typeCodes: Record<MessageType, number> = {call: 1, return: 2, error: 3, signal: 4};

/** One whole message. Throws WireError when a value does not fit the signature or the limits. */
export function encodeMessage(parts: MessageParts, littleEndian = true): Buffer {
	const signature = parts.signature ?? '';
	const body = new Writer(littleEndian);
	const types = completeTypes(signature);
	const values = parts.body ?? [];
	if (types.length !== values.length) throw new WireError(`${values.length} values for ${signature}`);
	for (const [index, type] of types.entries()) body.write(type, values[index], 0);

	const header = new Writer(littleEndian);
	header.bytes(littleEndian ? 0x6c : 0x42, typeCodes[parts.type], parts.flags ?? 0, 1);
	header.uint32(body.length);
	header.uint32(parts.serial);
	header.uint32(0);
	header.field(field.path, 'o', parts.path);
	header.field(field.interface, 's', parts.interface);
	header.field(field.member, 's', parts.member);
	header.field(field.errorName, 's', parts.errorName);
	header.field(field.replySerial, 'u', parts.replySerial);
	header.field(field.destination, 's', parts.destination);
	header.field(field.sender, 's', parts.sender);
	header.field(field.signature, 'g', signature === '' ? undefined : signature);
	header.field(field.fds, 'u', parts.fds);
	header.patchUint32(fixedHeaderBytes - 4, header.length - fixedHeaderBytes);
	header.align(8);
	if (header.length + body.length > maxMessageBytes) throw new WireError('message too long');
	return Buffer.concat([header.result(), body.result()]);
}

/** A growing buffer of marshalled values; alignment counts from its own beginning. */
class Writer {
	#buffer = Buffer.alloc(256);
	length = 0;
	readonly #littleEndian: boolean;

	constructor(littleEndian: boolean) {
		this.#littleEndian = littleEndian;
	}

	result(): Buffer {
		return this.#buffer.subarray(0, this.length);
	}

	field(code: number, type: string, value: unknown): void {
		if (value === undefined) return;
		this.align(8);
		this.bytes(code);
		this.write('v', new Variant(type, value as Value), 0);
	}

	write(type: string, value: unknown, depth: number): void {
		if (depth > maxTotalDepth) throw new WireError('values nested too deeply');
		const code = type[0] as string;
		this.align(alignmentOf(code));
		switch (code) {
			case 'y':
				this.bytes(integer(value, 0, 0xff));
				break;
			case 'b':
				this.uint32(value === true ? 1 : 0);
				break;
			case 'n':
			case 'q':
				this.#uint16(code === 'n' ? integer(value, -0x8000, 0x7fff) : integer(value, 0, 0xffff));
				break;
			case 'i':
				this.uint32(integer(value, -0x8000_0000, 0x7fff_ffff) >>> 0);
				break;
			case 'u':
			case 'h':
				this.uint32(integer(value, 0, 0xffff_ffff));
				break;
			case 'x':
			case 't':
				this.#uint64(code, BigInt(value as bigint));
				break;
			case 'd':
				this.#view(8, (view) => view.setFloat64(0, Number(value), this.#littleEndian));
				break;
			case 's':
			case 'o':
			case 'g':
				this.#text(code, value);
				break;
			case 'v':
				if (!(value instanceof Variant)) throw new WireError('value is no Variant');
				this.#text('g', value.signature);
				this.write(value.signature, value.value, depth + 1);
				break;
			case 'a':
				this.#array(type.slice(1), value, depth + 1);
				break;
			default:
				this.#struct(completeTypes(type.slice(1, -1)), value, depth + 1);
		}
	}

	align(alignment: number): void {
		const padding = (alignment - (this.length % alignment)) % alignment;
		this.#reserve(padding);
		this.#buffer.fill(0, this.length, this.length + padding);
		this.length += padding;
	}

	bytes(...values: number[]): void {
		this.#reserve(values.length);
		this.#buffer.set(values, this.length);
		this.length += values.length;
	}

	uint32(value: number): void {
		this.#view(4, (view) => view.setUint32(0, value, this.#littleEndian));
	}

	patchUint32(at: number, value: number): void {
		if (this.#littleEndian) this.#buffer.writeUInt32LE(value, at);
		else this.#buffer.writeUInt32BE(value, at);
	}

	#uint16(value: number): void {
		this.#view(2, (view) => view.setUint16(0, value, this.#littleEndian));
	}

	#uint64(code: 'x' | 't', value: bigint): void {
		const wrapped = code === 'x' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
		if (wrapped !== value) throw new WireError(`${value} does not fit type ${code}`);
		this.#view(8, (view) => view.setBigUint64(0, BigInt.asUintN(64, value), this.#littleEndian));
	}

	#text(code: string, value: unknown): void {
		if (typeof value !== 'string') throw new WireError(`value is no string: ${typeof value}`);
		const size = Buffer.byteLength(value);
		if (code === 'g') this.bytes(integer(size, 0, 0xff));
		else this.uint32(size);
		this.#reserve(size + 1);
		this.#buffer.write(value, this.length, 'utf8');
		this.#buffer[this.length + size] = 0;
		this.length += size + 1;
	}

	#array(element: string, value: unknown, depth: number): void {
		const lengthAt = this.length;
		this.uint32(0);
		this.align(alignmentOf(element[0] as string));
		const from = this.length;
		if (element === 'y' && value instanceof Uint8Array) {
			this.#reserve(value.length);
			this.#buffer.set(value, from);
			this.length += value.length;
		} else if (element.startsWith('{')) {
			const valueType = element.slice(2, typeEnd(element, 2));
			for (const [key, entry] of entriesOf(value)) {
				this.align(8);
				this.write(element[1] as string, key, depth + 1);
				this.write(valueType, entry, depth + 1);
			}
		} else {
			if (!Array.isArray(value)) throw new WireError('value is no array');
			for (const item of value) this.write(element, item, depth);
		}
		if (this.length - from > maxArrayBytes) throw new WireError('array too long');
		this.patchUint32(lengthAt, this.length - from);
	}

	#struct(types: string[], value: unknown, depth: number): void {
		if (!Array.isArray(value) || value.length !== types.length)
			throw new WireError('value is no such struct');
		for (const [index, type] of types.entries()) this.write(type, value[index], depth);
	}

	#view(size: number, write: (view: DataView) => void): void {
		this.#reserve(size);
		write(new DataView(this.#buffer.buffer, this.#buffer.byteOffset + this.length, size));
		this.length += size;
	}

	#reserve(count: number): void {
		if (this.length + count <= this.#buffer.length) return;
		const larger = Buffer.alloc(Math.max(this.#buffer.length * 2, this.length + count));
		this.#buffer.copy(larger, 0, 0, this.length);
		this.#buffer = larger;
	}
}

function entriesOf(value: unknown): Iterable<[unknown, unknown]> {
	if (value instanceof Map) return value;
	if (typeof value === 'object' && value !== null) return Object.entries(value);
	throw new WireError('value is no dictionary');
}

function integer(value: unknown, least: number, most: number): number {
	const number = Number(value);
	if (!Number.isInteger(number) || number < least || number > most) {
		throw new WireError(`${String(value)} is not within ${least}…${most}`);
	}
	return number;
}
