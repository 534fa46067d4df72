import {WireError} from './error.js';
import {maxArrayBytes, readUint32} from './frame.js';
import {maxTotalDepth} from './signature.js';
import {type WireType, wireTypes} from './types.js';

/** Codes of the types, for `switch`. */
export const code = {
	y: 0x79,
	b: 0x62,
	n: 0x6e,
	q: 0x71,
	i: 0x69,
	u: 0x75,
	x: 0x78,
	t: 0x74,
	d: 0x64,
	s: 0x73,
	o: 0x6f,
	g: 0x67,
	h: 0x68,
	v: 0x76,
	a: 0x61,
} as const;

/**
 * Walks over the values of a message, one after the other; whoever extends it makes something of them. Alignment
 * counts from `start`, which is 8-aligned in its message. All methods throw WireError for whatever the
 * specification forbids.
 */
export class Cursor {
	at: number;

	constructor(
		protected readonly bytes: Buffer,
		protected readonly start: number,
		protected readonly end: number,
		protected readonly littleEndian: boolean,
	) {
		this.at = start;
	}

	uint32(): number {
		return readUint32(this.bytes, this.take(4), this.littleEndian);
	}

	/** Passes over a value, and checks it on the way. */
	skip(type: WireType, depth: number): void {
		this.align(type.alignment);
		switch (type.code) {
			case code.b:
				this.boolean();
				break;
			case code.s:
			case code.o:
				this.text(this.uint32());
				break;
			case code.g:
				this.text(this.byte());
				break;
			case code.v:
				this.skip(this.variantType(depth + 1), depth + 1);
				break;
			case code.a: {
				const end = this.arrayEnd(type, depth + 1);
				while (this.at < end) this.skipElement(type, depth + 1);
				this.checkArrayEnd(end);
				break;
			}
			default:
				if (type.members === undefined) this.take(type.size);
				else {
					checkDepth(depth + 1);
					for (const member of type.members) this.skip(member, depth + 1);
				}
		}
	}

	/** One element of an array that is `depth` containers deep with it. */
	protected skipElement({key, element}: WireType, depth: number): void {
		if (key !== undefined) {
			this.align(8);
			this.skip(key, depth + 1);
		}
		this.skip(element as WireType, key === undefined ? depth : depth + 1);
	}

	protected byte(): number {
		return this.bytes[this.take(1)] as number;
	}

	protected boolean(): boolean {
		const value = this.uint32();
		if (value > 1) throw new WireError(`boolean ${value}`);
		return value === 1;
	}

	/** Reads the signature of a variant, `depth` containers deep with it; its value comes next. */
	protected variantType(depth: number): WireType {
		checkDepth(depth);
		const length = this.byte();
		const from = this.text(length);
		const signature = this.bytes.toString('latin1', from, from + length);
		const [type, ...others] = wireTypes(signature);
		if (type === undefined || others.length > 0) throw new WireError(`variant of type "${signature}"`);
		return type;
	}

	/** Reads the length of an array, `depth` containers deep with it; its first element comes next. */
	protected arrayEnd({element, key}: WireType, depth: number): number {
		checkDepth(key === undefined ? depth : depth + 1);
		const byteLength = this.uint32();
		if (byteLength > maxArrayBytes) throw new WireError(`array of ${byteLength} bytes`);
		this.align(key === undefined ? (element as WireType).alignment : 8);
		const end = this.at + byteLength;
		if (end > this.end) throw new WireError('array longer than its message');
		return end;
	}

	/** Takes a text of `length` bytes with the zero after it, and returns where it begins. */
	protected text(length: number): number {
		const at = this.take(length + 1);
		if (this.bytes[at + length] !== 0) throw new WireError('string without its terminating zero');
		return at;
	}

	/** Moves on by `count` bytes and returns where they begin. */
	protected take(count: number): number {
		const at = this.at;
		if (at + count > this.end) throw new WireError('value beyond the end of its message');
		this.at = at + count;
		return at;
	}

	align(alignment: number): void {
		const padding = -(this.at - this.start) & (alignment - 1);
		if (padding > 0) this.take(padding);
	}

	protected checkArrayEnd(end: number): void {
		if (this.at !== end) throw new WireError('array elements do not fill its length');
	}
}

export function checkDepth(depth: number): void {
	if (depth > maxTotalDepth) throw new WireError('values nested too deeply');
}
