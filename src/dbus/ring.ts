import {type Slab, Slabs} from './slabs.js';

/** What is kept at most: messages, and bytes of their frames. */
export interface RingLimits {
	messages: number;
	bytes: number;
}

const defaultLimits: RingLimits = {messages: 200_000, bytes: 256 * 1024 * 1024};

/**
 * The newest messages, as the bytes they came in: no object is made for a message, only numbers in typed
 * arrays and a reference to the slab that its frame was copied into.
 */
export class MessageRing {
	/** Lowest index that is still here, and one past the highest. Indices count from 0 and never repeat. */
	first = 0;
	end = 0;
	/** Bytes of the frames that are here. */
	bytes = 0;
	readonly #limits: RingLimits;
	readonly #memory = new Slabs();
	readonly #slabs: Array<Slab | undefined>;
	readonly #starts: Uint32Array;
	readonly #sizes: Uint32Array;
	readonly #stamps: Float64Array;
	readonly #elapsed: Float64Array;
	/** Index of the answer to a call, of the call of an answer; -1 while there is none. */
	readonly #pairs: Float64Array;

	constructor(limits: Partial<RingLimits> = {}) {
		this.#limits = {...defaultLimits, ...limits};
		const {messages} = this.#limits;
		this.#slabs = new Array<Slab | undefined>(messages);
		this.#starts = new Uint32Array(messages);
		this.#sizes = new Uint32Array(messages);
		this.#stamps = new Float64Array(messages);
		this.#elapsed = new Float64Array(messages);
		this.#pairs = new Float64Array(messages);
	}

	/** Keeps a copy of the message `bytes[start, end)`, read at `at`, and returns its index. */
	add(bytes: Buffer, start: number, end: number, at: number): number {
		const size = end - start;
		while (this.first < this.end && this.#isFullFor(size)) this.#dropOldest();
		this.#memory.release(this.first);
		const index = this.end++;
		const slot = index % this.#limits.messages;
		const kept = this.#memory.keep(index, bytes, start, end);
		this.#slabs[slot] = kept.slab;
		this.#starts[slot] = kept.start;
		this.#sizes[slot] = size;
		this.#stamps[slot] = at;
		this.#elapsed[slot] = Number.NaN;
		this.#pairs[slot] = -1;
		this.bytes += size;
		return index;
	}

	/**
	 * Where a message's frame is, until the next `add`, and when it was read; undefined when it was dropped, or is yet
	 * to come.
	 */
	get(index: number): {bytes: Buffer; start: number; end: number; at: number} | undefined {
		if (!this.#holds(index)) return undefined;
		const slot = index % this.#limits.messages;
		const start = this.#starts[slot] as number;
		const end = start + (this.#sizes[slot] as number);
		return {
			bytes: this.#memory.bytesOf(this.#slabs[slot] as Slab),
			start,
			end,
			at: this.#stamps[slot] as number,
		};
	}

	/** Its bytes must be unpacked to be looked at. */
	isPacked(index: number): boolean {
		return this.#holds(index) && this.#slabs[index % this.#limits.messages]?.packed !== undefined;
	}

	/** Notes that `answer` came `milliseconds` after `call`. */
	pair(call: number, answer: number, milliseconds: number): void {
		for (const [index, other] of [
			[call, answer],
			[answer, call],
		] as const) {
			if (!this.#holds(index)) continue;
			const slot = index % this.#limits.messages;
			this.#elapsed[slot] = milliseconds;
			this.#pairs[slot] = other;
		}
	}

	/** The other message of a call and its answer, while both are here. */
	pairOf(index: number): number | undefined {
		if (!this.#holds(index)) return undefined;
		const other = this.#pairs[index % this.#limits.messages] as number;
		return this.#holds(other) ? other : undefined;
	}

	elapsed(index: number): number | undefined {
		if (!this.#holds(index)) return undefined;
		const milliseconds = this.#elapsed[index % this.#limits.messages] as number;
		return Number.isNaN(milliseconds) ? undefined : milliseconds;
	}

	#holds(index: number): boolean {
		return index >= this.first && index < this.end;
	}

	#isFullFor(size: number): boolean {
		return this.end - this.first >= this.#limits.messages || this.bytes + size > this.#limits.bytes;
	}

	#dropOldest(): void {
		const slot = this.first++ % this.#limits.messages;
		this.bytes -= this.#sizes[slot] as number;
		this.#slabs[slot] = undefined;
	}
}
