/** Buckets for each doubling: a value is known to within a tenth of itself. */
const perOctave = 8;
/** The shortest time that is told apart, in milliseconds; about the clock's own. */
const shortest = 0.001;
/** Up to 2³² microseconds, which is more than an hour. */
const buckets = 32 * perOctave;

/** Times in milliseconds, counted by their magnitude: percentiles of any number of them in a kilobyte. */
export class Histogram {
	count = 0;
	longest = 0;
	readonly #counts = new Uint32Array(buckets);

	add(ms: number): void {
		this.count++;
		this.longest = Math.max(this.longest, ms);
		const bucket = Math.floor(Math.log2(Math.max(ms, shortest) / shortest) * perOctave);
		const at = Math.min(bucket, buckets - 1);
		this.#counts[at] = (this.#counts[at] ?? 0) + 1;
	}

	/** The time that `share` (0…1) of all do not exceed; undefined when there are none. */
	percentile(share: number): number | undefined {
		let left = Math.ceil(this.count * share);
		for (const [bucket, count] of this.#counts.entries()) {
			left -= count;
			// The upper edge of the bucket, but never more than was seen.
			if (left <= 0 && this.count > 0) return Math.min(edge(bucket + 1), this.longest);
		}
		return undefined;
	}

	/** How many are below each of the limits (milliseconds, rising) and not below the one before; then the rest. */
	classes(limits: readonly number[]): number[] {
		const found = new Array<number>(limits.length + 1).fill(0);
		for (const [bucket, count] of this.#counts.entries()) {
			if (count === 0) continue;
			const middle = edge(bucket + 0.5);
			const at = limits.findIndex((limit) => middle < limit);
			const place = at < 0 ? limits.length : at;
			found[place] = (found[place] ?? 0) + count;
		}
		return found;
	}
}

/** Milliseconds at which a bucket begins. */
function edge(bucket: number): number {
	return shortest * 2 ** (bucket / perOctave);
}
