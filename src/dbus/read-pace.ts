/** Reads in one window from which on a stream is a flood; below, each message is read, and stamped, when it comes. */
const floodReads = 20;
/** Milliseconds of a window. */
const windowMs = 10;
/** Milliseconds until the next read of a flood: all that has come by then is read at once. */
const pauseMs = 1;

/**
 * A daemon under full load writes message by message, and a reader that keeps up with it is woken for each: twice the
 * CPU time that the messages themselves cost. Told of every read, this says how long to leave the socket alone.
 */
export class ReadPace {
	#since = 0;
	#reads = 0;
	#isFlood = false;

	/** @returns milliseconds to wait before the next read; 0: none. */
	next(now = performance.now()): number {
		if (now - this.#since > windowMs) {
			// Read with pauses, it has fewer reads and still is one.
			this.#isFlood &&= this.#reads >= floodReads / 4 && now - this.#since < 2 * windowMs;
			this.#reads = 0;
			this.#since = now;
		}
		this.#reads++;
		this.#isFlood ||= this.#reads > floodReads;
		return this.#isFlood ? pauseMs : 0;
	}
}
