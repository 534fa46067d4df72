/** A step of the wall clock larger than this (milliseconds) is followed; smaller ones are rounding. */
const largestDrift = 20;

/** Wall clock in milliseconds since the epoch with a fraction: Date.now() alone has whole ones. */
export class WallClock {
	#offset = performance.timeOrigin;

	now(): number {
		const elapsed = performance.now();
		const coarse = Date.now();
		if (Math.abs(this.#offset + elapsed - coarse) > largestDrift) this.#offset = coarse - elapsed;
		return this.#offset + elapsed;
	}
}
