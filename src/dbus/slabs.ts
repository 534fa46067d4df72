import zlib from 'node:zlib';

/** Bytes of one slab. A message that is larger than a quarter of that has its own memory. */
const slabBytes = 1024 * 1024;
const largestShared = slabBytes / 4;
/** Newest slabs that stay as they are: what is on the screen, and what waits for its answer. */
const mostOpen = 4;
/** Older ones that were looked at last. */
const mostUnpacked = 4;
/** The quickest level: traffic repeats itself, so that it gets ten times smaller even so. */
const packing = {params: {[zlib.constants.ZSTD_c_compressionLevel]: 1}};

/** Where messages lie; only `Slabs` looks inside. */
export interface Slab {
	/** Undefined while it is packed. */
	bytes: Buffer | undefined;
	packed: Buffer | undefined;
	used: number;
	/** One past the index of the last message in it. */
	end: number;
}

/**
 * Memory for messages that come and go in order. A slab is filled again as soon as nobody needs it: left to the
 * garbage collector, a flood would have many times what is kept. Older ones are packed until somebody looks at them.
 */
export class Slabs {
	/** Oldest first; the last one is being filled. */
	readonly #slabs: Slab[] = [];
	/** Packed ones as they were, the one looked at last at the end. */
	readonly #unpacked = new Map<Slab, Buffer>();
	#spare: Buffer | undefined;

	/** Copies message `index`, `bytes[start, end)`, and tells where it is now. */
	keep(index: number, bytes: Buffer, start: number, end: number): {slab: Slab; start: number} {
		const size = end - start;
		if (size > largestShared) {
			const own = Buffer.allocUnsafeSlow(size);
			bytes.copy(own, 0, start, end);
			return {slab: {bytes: own, packed: undefined, used: size, end: index + 1}, start: 0};
		}
		let slab = this.#slabs.at(-1);
		if (slab?.bytes === undefined || slab.used + size > slabBytes) slab = this.#open();
		const at = slab.used;
		bytes.copy(slab.bytes as Buffer, at, start, end);
		slab.used += size;
		slab.end = index + 1;
		return {slab, start: at};
	}

	/** The bytes of a slab, valid until the next `keep`. */
	bytesOf(slab: Slab): Buffer {
		if (slab.bytes !== undefined) return slab.bytes;
		const bytes = this.#unpacked.get(slab) ?? zlib.zstdDecompressSync(slab.packed as Buffer);
		this.#unpacked.delete(slab);
		this.#unpacked.set(slab, bytes);
		const [oldest] = this.#unpacked.keys();
		if (oldest !== undefined && this.#unpacked.size > mostUnpacked) this.#unpacked.delete(oldest);
		return bytes;
	}

	/** All messages below `first` have gone. */
	release(first: number): void {
		for (let oldest = this.#slabs[0]; oldest !== undefined && oldest.end <= first; oldest = this.#slabs[0]) {
			this.#spare ??= oldest.bytes;
			this.#unpacked.delete(oldest);
			this.#slabs.shift();
		}
	}

	#open(): Slab {
		const full = this.#slabs.at(-mostOpen);
		if (full?.bytes !== undefined) {
			full.packed = zlib.zstdCompressSync(full.bytes.subarray(0, full.used), packing);
			this.#spare = full.bytes;
			full.bytes = undefined;
		}
		const slab = {
			bytes: this.#spare ?? Buffer.allocUnsafeSlow(slabBytes),
			packed: undefined,
			used: 0,
			end: 0,
		};
		this.#spare = undefined;
		this.#slabs.push(slab);
		return slab;
	}
}
