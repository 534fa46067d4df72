import {WireError} from './error.js';

/** The D-Bus specification's limits: a whole message, and any array in it (the header's field array too). */
export const maxMessageBytes = 128 * 1024 * 1024;
export const maxArrayBytes = 64 * 1024 * 1024;

/** Fixed part of the header: byte order, type, flags, version, body length, serial, length of the fields. */
export const fixedHeaderBytes = 16;

/** Bytes are read straight into slabs of this size, so that frames need never be copied to be kept. */
const slabBytes = 1024 * 1024;
/** A read into less than this would cost a system call for little. */
const smallestRead = 64 * 1024;

/**
 * One whole message: `bytes[start, end)`. The bytes stay valid for as long as anybody refers to them, unless the
 * splitter was told to use its memory again.
 */
export type FrameListener = (bytes: Buffer, start: number, end: number) => void;

/** An unsigned 32-bit integer; quicker than Buffer's readers in the paths that see every message. */
export function readUint32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
	const a = bytes[at] as number;
	const b = bytes[at + 1] as number;
	const c = bytes[at + 2] as number;
	const d = bytes[at + 3] as number;
	return (littleEndian ? a | (b << 8) | (c << 16) | (d << 24) : d | (c << 8) | (b << 16) | (a << 24)) >>> 0;
}

/** True for `l`, false for `B`; anything else is no message. */
export function isLittleEndian(mark: number | undefined): boolean {
	if (mark === 0x6c) return true;
	if (mark === 0x42) return false;
	throw new WireError(`byte order mark 0x${(mark ?? 0).toString(16)}`);
}

/** Size in bytes of the message whose fixed header is at `start`. Throws WireError if it cannot be one. */
export function frameSize(bytes: Uint8Array, start: number): number {
	const littleEndian = isLittleEndian(bytes[start]);
	if (bytes[start + 1] === 0) throw new WireError('message type 0');
	if (bytes[start + 3] !== 1) throw new WireError(`protocol version ${bytes[start + 3]}`);
	const bodyBytes = readUint32(bytes, start + 4, littleEndian);
	const fieldBytes = readUint32(bytes, start + 12, littleEndian);
	if (fieldBytes > maxArrayBytes) throw new WireError(`header fields of ${fieldBytes} bytes`);
	const size = fixedHeaderBytes + Math.ceil(fieldBytes / 8) * 8 + bodyBytes;
	if (size > maxMessageBytes) throw new WireError(`message of ${size} bytes`);
	return size;
}

/**
 * Cuts a byte stream into messages wherever the chunks happen to end. The socket reads into `space()` and
 * then says `advance(n)`; `push` copies, for bytes that came another way.
 */
export class FrameSplitter {
	#slab = Buffer.allocUnsafeSlow(slabBytes);
	#start = 0;
	#end = 0;
	readonly #listener: FrameListener;
	readonly #reuses: boolean;

	/** @param reuses the bytes of a frame are valid only while the listener runs. */
	constructor(listener: FrameListener, reuses = false) {
		this.#listener = listener;
		this.#reuses = reuses;
	}

	/** Where the next bytes belong. Valid until the next `advance` or `push`. */
	space(): Buffer {
		if (this.#slab.length - this.#end < smallestRead) this.#renew(slabBytes);
		return this.#slab.subarray(this.#end);
	}

	/** `count` bytes have been written into `space()`. Throws WireError when the stream is no D-Bus. */
	advance(count: number): void {
		this.#end += count;
		while (this.#end - this.#start >= fixedHeaderBytes) {
			const size = frameSize(this.#slab, this.#start);
			if (this.#end - this.#start < size) {
				if (this.#start + size > this.#slab.length) this.#renew(size);
				return;
			}
			const start = this.#start;
			this.#start += size;
			this.#listener(this.#slab, start, start + size);
		}
	}

	push(chunk: Uint8Array): void {
		for (let taken = 0; taken < chunk.length; ) {
			const space = this.space();
			const count = Math.min(space.length, chunk.length - taken);
			space.set(chunk.subarray(taken, taken + count));
			taken += count;
			this.advance(count);
		}
	}

	/** Bytes of a message that has not wholly arrived. */
	get pending(): number {
		return this.#end - this.#start;
	}

	/** A new slab that begins with the unfinished message; the old one belongs to those who keep its frames. */
	#renew(needed: number): void {
		const size = Math.max(slabBytes, needed + smallestRead);
		const slab = this.#reuses && this.#slab.length === size ? this.#slab : Buffer.allocUnsafeSlow(size);
		this.#slab.copy(slab, 0, this.#start, this.#end);
		this.#end -= this.#start;
		this.#start = 0;
		this.#slab = slab;
	}
}
