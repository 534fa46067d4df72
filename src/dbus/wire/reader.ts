import {Cursor, checkDepth, code} from './cursor.js';
import {WireError} from './error.js';
import {type WireType, wireTypes} from './types.js';

/** A value that carries its own type. */
export class Variant<T = Value> {
	constructor(
		readonly signature: string,
		readonly value: T,
	) {}
}

/** A value of which only the beginning was decoded, because somebody set limits. */
export class Cut {
	constructor(
		readonly shown: string | Buffer | Value[] | Map<Value, Value>,
		/** Of the whole value: bytes of its text or elements. */
		readonly bytes: number,
		/** Elements of an array; not known of one that is very large. */
		readonly count?: number,
	) {}
}

/**
 * A decoded value: `y n q i u d h` number, `b` boolean, `x t` bigint, `s o g` string, `v` Variant, `ay` Buffer
 * (a copy), any other array and a struct Value[], `a{…}` Map in the order sent. `Cut` only within limits.
 */
export type Value = number | bigint | boolean | string | Buffer | Variant | Cut | Value[] | Map<Value, Value>;

/** How much of a body is decoded. */
export interface DecodeLimits {
	/** Bytes of one string or `ay`. */
	bytes: number;
	/** Elements of one array or dictionary. */
	elements: number;
	/** Values of the whole body. */
	values: number;
}

/** Bytes of an array up to which its elements are counted when they are not decoded. */
const mostCounted = 256 * 1024;

const unlimited: DecodeLimits = {
	bytes: Number.POSITIVE_INFINITY,
	elements: Number.POSITIVE_INFINITY,
	values: Number.POSITIVE_INFINITY,
};

/**
 * All values of a body `bytes[start, end)`. Throws WireError for whatever the specification forbids; within limits
 * most of what is passed over is not looked at.
 */
export function decodeBody(
	bytes: Buffer,
	start: number,
	end: number,
	littleEndian: boolean,
	signature: string,
	limits: Partial<DecodeLimits> = {},
): Value[] {
	const reader = new Reader(bytes, start, end, littleEndian, limits);
	const values = wireTypes(signature).map((type) => reader.read(type, 0));
	if (reader.at !== end) throw new WireError(`${end - reader.at} bytes after the body's values`);
	return values;
}

/** Decodes values one after the other. */
export class Reader extends Cursor {
	readonly #limits: DecodeLimits;
	#values = 0;

	constructor(
		bytes: Buffer,
		start: number,
		end: number,
		littleEndian: boolean,
		limits: Partial<DecodeLimits> = {},
	) {
		super(bytes, start, end, littleEndian);
		this.#limits = {...unlimited, ...limits};
	}

	/** The next value, `depth` containers deep. */
	read(type: WireType, depth: number): Value {
		this.#values++;
		this.align(type.alignment);
		const {bytes, littleEndian} = this;
		switch (type.code) {
			case code.y:
				return this.byte();
			case code.b:
				return this.boolean();
			case code.n:
				return littleEndian ? bytes.readInt16LE(this.take(2)) : bytes.readInt16BE(this.take(2));
			case code.q:
				return littleEndian ? bytes.readUInt16LE(this.take(2)) : bytes.readUInt16BE(this.take(2));
			case code.i:
				return this.uint32() | 0;
			case code.u:
			case code.h:
				return this.uint32();
			case code.x:
				return BigInt.asIntN(64, this.#uint64());
			case code.t:
				return this.#uint64();
			case code.d:
				return littleEndian ? bytes.readDoubleLE(this.take(8)) : bytes.readDoubleBE(this.take(8));
			case code.s:
			case code.o:
				return this.#string(this.uint32());
			case code.g:
				return this.#string(this.byte());
			case code.v:
				return this.variant(depth + 1);
			case code.a:
				return this.#array(type, depth + 1);
			default:
				checkDepth(depth + 1);
				return (type.members as readonly WireType[]).map((member) => this.read(member, depth + 1));
		}
	}

	variant(depth: number): Variant {
		const type = this.variantType(depth);
		return new Variant(type.text, this.read(type, depth));
	}

	#string(length: number): string | Cut {
		const at = this.text(length);
		if (length <= this.#limits.bytes) return this.bytes.toString('utf8', at, at + length);
		let shown = this.#limits.bytes;
		// Not within a character: its further bytes are 10xxxxxx.
		while (shown > 0 && ((this.bytes[at + shown] as number) & 0xc0) === 0x80) shown--;
		return new Cut(this.bytes.toString('utf8', at, at + shown), length);
	}

	#array(type: WireType, depth: number): Value {
		const end = this.arrayEnd(type, depth);
		const length = end - this.at;
		if (type.element?.code === code.y && type.key === undefined) {
			const shown = Math.min(length, this.#limits.bytes);
			const bytes = Buffer.from(this.bytes.subarray(this.at, this.at + shown));
			this.at = end;
			return shown < length ? new Cut(bytes, length, length) : bytes;
		}
		const values = type.key === undefined ? this.#list(type, end, depth) : this.#dict(type, end, depth);
		const isCut = this.at < end;
		const shown = Array.isArray(values) ? values.length : values.size;
		const rest = this.#restCount(type, end, depth);
		this.checkArrayEnd(end);
		if (!isCut) return values;
		return rest === undefined ? new Cut(values, length) : new Cut(values, length, shown + rest);
	}

	/** Passes over the elements up to `end`; tells how many, unless there are too many to look at. */
	#restCount(type: WireType, end: number, depth: number): number | undefined {
		const size = type.key === undefined ? (type.element as WireType).size : 0;
		const bytes = end - this.at;
		if (bytes > 0 && (size > 0 || bytes > mostCounted)) {
			if (size > 0 && bytes % size !== 0) throw new WireError('array elements do not fill its length');
			this.at = end;
			return size > 0 ? bytes / size : undefined;
		}
		let count = 0;
		for (; this.at < end; count++) this.skipElement(type, depth);
		return count;
	}

	#list({element}: WireType, end: number, depth: number): Value[] {
		const values: Value[] = [];
		while (this.at < end && this.#hasRoom(values.length)) {
			values.push(this.read(element as WireType, depth));
		}
		return values;
	}

	#dict({key, element}: WireType, end: number, depth: number): Map<Value, Value> {
		const values = new Map<Value, Value>();
		while (this.at < end && this.#hasRoom(values.size)) {
			this.align(8);
			const name = this.read(key as WireType, depth + 1);
			values.set(name, this.read(element as WireType, depth + 1));
		}
		return values;
	}

	#hasRoom(elements: number): boolean {
		return elements < this.#limits.elements && this.#values < this.#limits.values;
	}

	#uint64(): bigint {
		const at = this.take(8);
		return this.littleEndian ? this.bytes.readBigUInt64LE(at) : this.bytes.readBigUInt64BE(at);
	}
}
