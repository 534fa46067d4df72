import {WireError} from './error.js';
import {maxArrayBytes, readUint32} from './frame.js';
import {alignmentOf, maxTotalDepth, typeEnd} from './signature.js';

/** A value that carries its own type. */
export class Variant<T = Value> {
	constructor(
		readonly signature: string,
		readonly value: T,
	) {}
}

/**
 * A decoded value: `y n q i u d h` number, `b` boolean, `x t` bigint, `s o g` string, `v` Variant, `ay` Buffer
 * (a copy), any other array and a struct Value[], `a{…}` Map in the order sent.
 */
export type Value = number | bigint | boolean | string | Buffer | Variant | Value[] | Map<Value, Value>;

/** All values of a body `bytes[start, end)`. Throws WireError for whatever the specification forbids. */
export function decodeBody(
	bytes: Buffer,
	start: number,
	end: number,
	littleEndian: boolean,
	signature: string,
): Value[] {
	const reader = new Reader(bytes, start, end, littleEndian);
	const values: Value[] = [];
	for (let at = 0; at < signature.length; ) {
		const next = typeEnd(signature, at);
		values.push(reader.read(signature, at, next, 0));
		at = next;
	}
	if (reader.at !== end) throw new WireError(`${end - reader.at} bytes after the body's values`);
	return values;
}

/** Reads values one after the other. Alignment counts from `start`, which is 8-aligned in its message. */
export class Reader {
	at: number;
	readonly #bytes: Buffer;
	readonly #start: number;
	readonly #end: number;
	readonly #littleEndian: boolean;

	constructor(bytes: Buffer, start: number, end: number, littleEndian: boolean) {
		this.#bytes = bytes;
		this.#start = start;
		this.#end = end;
		this.#littleEndian = littleEndian;
		this.at = start;
	}

	/** The value of the complete type `signature[from, to)`, `depth` containers deep. */
	read(signature: string, from: number, to: number, depth: number): Value {
		const code = signature[from] as string;
		this.align(alignmentOf(code));
		switch (code) {
			case 'y':
				return this.#bytes[this.#take(1)] as number;
			case 'b': {
				const value = this.uint32();
				if (value > 1) throw new WireError(`boolean ${value}`);
				return value === 1;
			}
			case 'n':
				return this.#littleEndian
					? this.#bytes.readInt16LE(this.#take(2))
					: this.#bytes.readInt16BE(this.#take(2));
			case 'q':
				return this.#littleEndian
					? this.#bytes.readUInt16LE(this.#take(2))
					: this.#bytes.readUInt16BE(this.#take(2));
			case 'i':
				return this.uint32() | 0;
			case 'u':
			case 'h':
				return this.uint32();
			case 'x':
				return BigInt.asIntN(64, this.#uint64());
			case 't':
				return this.#uint64();
			case 'd':
				return this.#littleEndian
					? this.#bytes.readDoubleLE(this.#take(8))
					: this.#bytes.readDoubleBE(this.#take(8));
			case 's':
			case 'o':
				return this.#text(this.uint32());
			case 'g':
				return this.#text(this.#bytes[this.#take(1)] as number);
			case 'v':
				return this.variant(depth + 1);
			case 'a':
				return this.#array(signature, from + 1, to, depth + 1);
			default:
				return this.#struct(signature, from + 1, to - 1, depth + 1);
		}
	}

	uint32(): number {
		return readUint32(this.#bytes, this.#take(4), this.#littleEndian);
	}

	variant(depth: number): Variant {
		checkDepth(depth);
		const signature = this.#text(this.#bytes[this.#take(1)] as number);
		if (signature === '' || typeEnd(signature, 0) !== signature.length) {
			throw new WireError(`variant of type "${signature}"`);
		}
		return new Variant(signature, this.read(signature, 0, signature.length, depth));
	}

	align(alignment: number): void {
		const offset = this.at - this.#start;
		const padding = (alignment - (offset % alignment)) % alignment;
		if (padding > 0) this.#take(padding);
	}

	#array(signature: string, element: number, to: number, depth: number): Value {
		checkDepth(depth);
		const byteLength = this.uint32();
		if (byteLength > maxArrayBytes) throw new WireError(`array of ${byteLength} bytes`);
		this.align(alignmentOf(signature[element] as string));
		const end = this.at + byteLength;
		if (end > this.#end) throw new WireError('array longer than its message');
		if (signature[element] === 'y') return Buffer.from(this.#bytes.subarray(this.#take(byteLength), end));
		if (signature[element] === '{') return this.#dict(signature, element, to, end, depth);
		const values: Value[] = [];
		while (this.at < end) values.push(this.read(signature, element, to, depth));
		this.#checkArrayEnd(end);
		return values;
	}

	#dict(signature: string, entry: number, to: number, end: number, depth: number): Map<Value, Value> {
		checkDepth(depth + 1);
		const values = new Map<Value, Value>();
		while (this.at < end) {
			this.align(8);
			const key = this.read(signature, entry + 1, entry + 2, depth + 1);
			values.set(key, this.read(signature, entry + 2, to - 1, depth + 1));
		}
		this.#checkArrayEnd(end);
		return values;
	}

	#struct(signature: string, from: number, to: number, depth: number): Value[] {
		checkDepth(depth);
		const values: Value[] = [];
		for (let at = from; at < to; ) {
			const next = typeEnd(signature, at);
			values.push(this.read(signature, at, next, depth));
			at = next;
		}
		return values;
	}

	#uint64(): bigint {
		const at = this.#take(8);
		return this.#littleEndian ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at);
	}

	#text(length: number): string {
		const at = this.#take(length + 1);
		if (this.#bytes[at + length] !== 0) throw new WireError('string without its terminating zero');
		return this.#bytes.toString('utf8', at, at + length);
	}

	/** Moves on by `count` bytes and returns where they begin. */
	#take(count: number): number {
		const at = this.at;
		if (at + count > this.#end) throw new WireError('value beyond the end of its message');
		this.at = at + count;
		return at;
	}

	#checkArrayEnd(end: number): void {
		if (this.at !== end) throw new WireError('array elements do not fill its length');
	}
}

function checkDepth(depth: number): void {
	if (depth > maxTotalDepth) throw new WireError('values nested too deeply');
}
