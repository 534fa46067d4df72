/** Seconds over which a rate is told: long enough to stand still, short enough to follow. */
const seconds = 10;

/** How often something has happened lately. */
export class Rate {
	readonly #counts = new Uint16Array(seconds + 1);
	#newest = 0;

	/** One more at `at`, milliseconds since the epoch; in the order of time. */
	add(at: number): void {
		const second = Math.floor(at / 1000);
		this.#goTo(second);
		if (second <= this.#newest - this.#counts.length) return;
		const place = second % this.#counts.length;
		this.#counts[place] = Math.min((this.#counts[place] ?? 0) + 1, 0xffff);
	}

	/** A second, over the last whole seconds before `now`. */
	perSecond(now: number): number {
		this.#goTo(Math.floor(now / 1000));
		const all = this.#counts.reduce((sum, count) => sum + count, 0);
		return (all - (this.#counts[this.#newest % this.#counts.length] ?? 0)) / seconds;
	}

	#goTo(second: number): void {
		if (second <= this.#newest) return;
		const {length} = this.#counts;
		for (let empty = Math.max(this.#newest + 1, second - length + 1); empty <= second; empty++) {
			this.#counts[empty % length] = 0;
		}
		this.#newest = second;
	}
}
