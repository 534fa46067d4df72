/** Calls that wait for their reply; beyond this many the oldest are given up. */
const mostOpenCalls = 65_536;

/** Finds the call that a reply answers: by the caller's unique name and the call's serial. */
export class Pairing<T> {
	readonly #open = new Map<string, T>();
	readonly #onGivenUp: ((value: T) => void) | undefined;

	/** @param onGivenUp told of calls that are not waited for any longer. */
	constructor(onGivenUp?: (value: T) => void) {
		this.#onGivenUp = onGivenUp;
	}

	/** A call that expects a reply; `value` is given back when that comes. */
	called(sender: string, serial: number, value: T): void {
		this.#open.set(`${sender} ${serial}`, value);
		if (this.#open.size <= mostOpenCalls) return;
		const [oldest] = this.#open;
		if (oldest === undefined) return;
		this.#open.delete(oldest[0]);
		this.#onGivenUp?.(oldest[1]);
	}

	/** A return or an error. Undefined when its call was not seen. */
	replied(destination: string, replySerial: number): T | undefined {
		const key = `${destination} ${replySerial}`;
		const value = this.#open.get(key);
		if (value !== undefined) this.#open.delete(key);
		return value;
	}

	/** The calls that wait, oldest first. */
	waiting(): IterableIterator<T> {
		return this.#open.values();
	}

	/** No reply will come: the connections are gone. */
	clear(): void {
		for (const value of this.#open.values()) this.#onGivenUp?.(value);
		this.#open.clear();
	}
}
