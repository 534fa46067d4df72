/** Pushed on one side, iterated on the other; nothing is lost when the reader is slow. One reader. */
export class EventQueue<T> implements AsyncIterable<T> {
	#waiting: T[] = [];
	#ended = false;
	#wake: (() => void) | undefined;

	push(item: T): void {
		if (this.#ended) return;
		this.#waiting.push(item);
		this.#wake?.();
	}

	/** What was pushed before is still delivered. */
	end(): void {
		this.#ended = true;
		this.#wake?.();
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<T> {
		for (;;) {
			const items = this.#waiting;
			this.#waiting = [];
			yield* items;
			if (this.#waiting.length > 0) continue;
			if (this.#ended) return;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}
}
