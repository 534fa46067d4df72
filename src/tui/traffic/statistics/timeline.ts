/** How many steps are kept and drawn. */
export const steps = 120;

/** Counts over time, in equal steps; the newest `steps` of them. */
export class Timeline<Kind extends string> {
	readonly #counts: Record<Kind, Uint32Array>;
	readonly #kinds: readonly Kind[];
	/** Number of the newest step since the epoch. */
	#newest = 0;

	constructor(
		kinds: readonly Kind[],
		/** Milliseconds. */
		readonly stepMs: number,
	) {
		this.#kinds = kinds;
		this.#counts = Object.fromEntries(kinds.map((kind) => [kind, new Uint32Array(steps)])) as Record<
			Kind,
			Uint32Array
		>;
	}

	/** One more at `at` (milliseconds since the epoch). What is too old is left out. */
	add(kind: Kind, at: number): void {
		const step = Math.floor(at / this.stepMs);
		this.#goTo(step);
		if (step <= this.#newest - steps) return;
		const counts = this.#counts[kind];
		counts[step % steps] = (counts[step % steps] ?? 0) + 1;
	}

	/** Counts a second, oldest first; the last one is the step before that of `now`, which is still being counted. */
	perSecond(kind: Kind, now: number): number[] {
		this.#goTo(Math.floor(now / this.stepMs));
		return Array.from({length: steps - 1}, (_, i) => {
			const step = this.#newest - (steps - 1) + i;
			return ((this.#counts[kind][step % steps] ?? 0) * 1000) / this.stepMs;
		});
	}

	/** When the first of the steps that `perSecond` tells began. */
	begin(): number {
		return (this.#newest - (steps - 1)) * this.stepMs;
	}

	#goTo(step: number): void {
		if (step <= this.#newest) return;
		const from = Math.max(this.#newest + 1, step - steps + 1);
		for (let empty = from; empty <= step; empty++) {
			for (const kind of this.#kinds) this.#counts[kind][empty % steps] = 0;
		}
		this.#newest = step;
	}
}
