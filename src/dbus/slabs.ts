/** Bytes of one slab. A message that is larger than a quarter of that has its own memory. */
const slabBytes = 1024 * 1024;
const largestShared = slabBytes / 4;

interface Slab {
	bytes: Buffer;
	used: number;
	/** One past the index of the last message in it. */
	end: number;
}

/**
 * Memory for messages that come and go in order. A slab is filled again as soon as the last message in it has gone:
 * left to the garbage collector, a flood would have many times what is kept.
 */
export class Slabs {
	/** Oldest first; the last one is being filled. */
	readonly #slabs: Slab[] = [];
	#spare: Buffer | undefined;

	/** Copies message `index`, `bytes[start, end)`, and tells where it is now. */
	keep(index: number, bytes: Buffer, start: number, end: number): {bytes: Buffer; start: number} {
		const size = end - start;
		if (size > largestShared) {
			const own = Buffer.allocUnsafeSlow(size);
			bytes.copy(own, 0, start, end);
			return {bytes: own, start: 0};
		}
		let slab = this.#slabs.at(-1);
		if (slab === undefined || slab.used + size > slabBytes) {
			slab = {bytes: this.#spare ?? Buffer.allocUnsafeSlow(slabBytes), used: 0, end: index};
			this.#spare = undefined;
			this.#slabs.push(slab);
		}
		const at = slab.used;
		bytes.copy(slab.bytes, at, start, end);
		slab.used += size;
		slab.end = index + 1;
		return {bytes: slab.bytes, start: at};
	}

	/** All messages below `first` have gone. */
	release(first: number): void {
		for (let oldest = this.#slabs[0]; oldest !== undefined && oldest.end <= first; oldest = this.#slabs[0]) {
			this.#spare = oldest.bytes;
			this.#slabs.shift();
		}
	}
}
