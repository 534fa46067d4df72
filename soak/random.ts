/** Random choices that the seed decides, so that a round can be repeated: mulberry32. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** From 0 to 1, without 1. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** From 0 to `limit`, without it. */
	below(limit: number): number {
		return Math.floor(this.next() * limit);
	}

	one<Choice>(choices: readonly Choice[]): Choice {
		const [choice] = choices.slice(this.below(choices.length));
		if (choice === undefined) throw new Error('nothing to choose from');
		return choice;
	}
}
