/** Calls that wait for their reply; beyond this many the oldest are given up. */
const mostOpenCalls = 65_536;

/** Finds the call that a reply answers: by the caller's unique name and the call's serial. */
export class Pairing<T> {
	readonly #open = new Map<string, T>();

	/** A call that expects a reply; `value` is given back when that comes. */
	called(sender: string, serial: number, value: T): void {
		this.#open.set(`${sender} ${serial}`, value);
		if (this.#open.size > mostOpenCalls) {
			const oldest = this.#open.keys().next().value;
			if (oldest !== undefined) this.#open.delete(oldest);
		}
	}

	/** A return or an error. Undefined when its call was not seen. */
	replied(destination: string, replySerial: number): T | undefined {
		const key = `${destination} ${replySerial}`;
		const value = this.#open.get(key);
		if (value !== undefined) this.#open.delete(key);
		return value;
	}
}
