/**
 * What the processes and threads of a tree are called: by themselves, and so in their images, and here. The two differ
 * for those that live in a pid namespace below ours.
 */
export class Numbers {
	readonly #here: ReadonlyMap<number, number>;
	readonly #own: ReadonlyMap<number, number>;

	/** @param pairs only what differs need be among them. */
	constructor(pairs: Iterable<readonly [own: number, here: number]> = []) {
		const all = [...pairs];
		this.#here = new Map(all);
		this.#own = new Map(all.map(([own, here]) => [here, own]));
	}

	/** What a number of the tree's own means here. */
	here(own: number): number {
		return this.#here.get(own) ?? own;
	}

	/** What something here calls itself. */
	own(here: number): number {
		return this.#own.get(here) ?? here;
	}
}
