import {Cursor, checkDepth, code} from './cursor.js';
import {WireError} from './error.js';
import {field, type Header} from './header.js';
import {type WireType, wireTypes} from './types.js';

/** JSON escapes the first 32 control characters only; these too can fool a terminal. */
const unsafe = /[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Text that stands in JSON as it is. */
const plain = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

/** One line of JSON that is safe to print: the characters that `escapeText` makes visible are `\uXXXX`. */
export function safeJson(json: string): string {
	return json.replace(unsafe, (character) =>
		Array.from({length: character.length}, (_, unit) => {
			return `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
		}).join(''),
	);
}

/** A text as JSON, safe to print. */
export function jsonString(text: string): string {
	return plain.test(text) ? `"${text}"` : safeJson(JSON.stringify(text));
}

/**
 * The values of a body as a JSON array, the way `busctl --json` writes them: a variant is `{type, data}`, a
 * dictionary an object, `ay` an array of numbers. Integers that JSON readers would round, and numbers that JSON
 * has not, are strings. Written straight from the wire: no value is made on the way. Throws WireError.
 */
export function bodyJson(header: Header): string {
	const {bytes, bodyStart, end, littleEndian} = header;
	const signature = header.text(field.signature);
	const writer = new JsonBody(bytes, bodyStart, end, littleEndian);
	const types = signature === undefined ? [] : wireTypes(signature);
	const json = `[${types.map((type) => writer.value(type, 0)).join(',')}]`;
	if (writer.at !== end) throw new WireError(`${end - writer.at} bytes after the body's values`);
	return json;
}

class JsonBody extends Cursor {
	value(type: WireType, depth: number): string {
		this.align(type.alignment);
		const {bytes, littleEndian} = this;
		switch (type.code) {
			case code.y:
				return String(this.byte());
			case code.b:
				return this.boolean() ? 'true' : 'false';
			case code.n:
				return String(littleEndian ? bytes.readInt16LE(this.take(2)) : bytes.readInt16BE(this.take(2)));
			case code.q:
				return String(littleEndian ? bytes.readUInt16LE(this.take(2)) : bytes.readUInt16BE(this.take(2)));
			case code.i:
				return String(this.uint32() | 0);
			case code.u:
			case code.h:
				return String(this.uint32());
			case code.x:
				return bigJson(BigInt.asIntN(64, this.#uint64()));
			case code.t:
				return bigJson(this.#uint64());
			case code.d: {
				const value = littleEndian ? bytes.readDoubleLE(this.take(8)) : bytes.readDoubleBE(this.take(8));
				return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
			}
			case code.s:
			case code.o:
				return jsonString(this.#string(this.uint32()));
			case code.g:
				return jsonString(this.#string(this.byte()));
			case code.v: {
				const inner = this.variantType(depth + 1);
				return `{"type":"${inner.text}","data":${this.value(inner, depth + 1)}}`;
			}
			case code.a:
				return type.key === undefined ? this.#array(type, depth + 1) : this.#dict(type, depth + 1);
			default: {
				checkDepth(depth + 1);
				const members = type.members as readonly WireType[];
				return `[${members.map((member) => this.value(member, depth + 1)).join(',')}]`;
			}
		}
	}

	#string(length: number): string {
		const at = this.text(length);
		return this.bytes.toString('utf8', at, at + length);
	}

	#array(type: WireType, depth: number): string {
		const end = this.arrayEnd(type, depth);
		const element = type.element as WireType;
		if (element.code === code.y) {
			const json = `[${this.bytes.subarray(this.at, end).join(',')}]`;
			this.at = end;
			return json;
		}
		let json = '';
		while (this.at < end) json += `${json === '' ? '' : ','}${this.value(element, depth)}`;
		this.checkArrayEnd(end);
		return `[${json}]`;
	}

	/** A key that comes twice is written twice, as the message has it. */
	#dict(type: WireType, depth: number): string {
		const end = this.arrayEnd(type, depth);
		const key = type.key as WireType;
		const element = type.element as WireType;
		let json = '';
		while (this.at < end) {
			this.align(8);
			const name = this.value(key, depth + 1);
			json += `${json === '' ? '' : ','}${name.startsWith('"') ? name : `"${name}"`}:`;
			json += this.value(element, depth + 1);
		}
		this.checkArrayEnd(end);
		return `{${json}}`;
	}

	#uint64(): bigint {
		const at = this.take(8);
		return this.littleEndian ? this.bytes.readBigUInt64LE(at) : this.bytes.readBigUInt64BE(at);
	}
}

function bigJson(value: bigint): string {
	return BigInt.asIntN(53, value) === value ? String(value) : `"${value}"`;
}
