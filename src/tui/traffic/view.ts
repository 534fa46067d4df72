import type {TrafficMessage} from '../../dbus/types.js';
import type {TrafficFeed} from '../port.js';

/** How many messages one `advance` may test against the filter: keeps a frame under a few milliseconds. */
const budget = 6000;

export interface TrafficWindow {
	/** Oldest first; undefined: the message has left the memory. */
	rows: Array<{index: number; message: TrafficMessage | undefined}>;
	/** Messages below the last row that the filter lets through. */
	below: number;
}

/**
 * Which messages the traffic pane shows: the feed's ring through the filter. Without a filter nothing is
 * copied; with one, matching indexes are collected as messages come, and backwards into the past bit by bit.
 */
export class TrafficView {
	#words: string[] = [];
	#text = '';
	#matches: number[] = [];
	/** Tested: [scannedFrom, scannedTo). */
	#scannedFrom = 0;
	#scannedTo = 0;

	constructor(private readonly feed: Pick<TrafficFeed, 'range' | 'get' | 'pair' | 'nameOf'>) {}

	setFilter(text: string): void {
		if (text === this.#text) return;
		this.#text = text;
		this.#words = text.toLowerCase().split(/\s+/).filter(Boolean);
		this.#matches = [];
		this.#scannedFrom = this.#scannedTo = this.feed.range().end;
		this.advance();
	}

	/** Goes on testing; call it on every tick. True: there is more to test, call again soon. */
	advance(): boolean {
		const {first, end} = this.feed.range();
		if (this.#words.length === 0) return false;
		let left = budget;
		if (this.#scannedTo < first) {
			this.#scannedFrom = this.#scannedTo = first;
			this.#matches = [];
		}
		while (this.#scannedTo < end && left-- > 0) {
			if (this.#accepts(this.#scannedTo)) this.#matches.push(this.#scannedTo);
			this.#scannedTo++;
		}
		const older: number[] = [];
		while (this.#scannedFrom > first && left-- > 0) {
			this.#scannedFrom--;
			if (this.#accepts(this.#scannedFrom)) older.push(this.#scannedFrom);
		}
		if (older.length > 0) this.#matches = [...older.reverse(), ...this.#matches];
		this.#forget(first);
		return this.#scannedTo < end || this.#scannedFrom > first;
	}

	/** Drops matches that left the memory, in large steps only. */
	#forget(first: number): void {
		this.#scannedFrom = Math.max(this.#scannedFrom, first);
		const gone = this.#position(first);
		if (gone > 4096) this.#matches.splice(0, gone);
	}

	#accepts(index: number): boolean {
		const message = this.feed.get(index);
		if (!message) return false;
		if (this.#contains(message)) return true;
		// A filter that shows a call shows its answer too.
		if (message.type === 'call' || message.type === 'signal') return false;
		const call = this.feed.pair(message);
		return call !== undefined && this.#contains(call);
	}

	#contains(message: TrafficMessage): boolean {
		const {sender, destination} = message;
		const text = [
			message.type,
			sender,
			sender && this.feed.nameOf(sender),
			destination,
			destination && this.feed.nameOf(destination),
			message.path,
			message.interface,
			message.member,
			message.errorName,
		]
			.join(' ')
			.toLowerCase();
		return this.#words.every((word) => text.includes(word));
	}

	/** First place in the matches whose index is not below `index`. */
	#position(index: number): number {
		let low = 0;
		let high = this.#matches.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((this.#matches[middle] ?? 0) < index) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	/** `height` messages ending with `last` (an index), or with the newest below `limit`. */
	window(height: number, last: number | null, limit: number | null): TrafficWindow {
		const {first, end} = this.feed.range();
		const stop = limit ?? end;
		const bottom = Math.min(last === null ? stop : last + 1, stop);
		const row = (index: number) => ({index, message: this.feed.get(index)});
		if (this.#words.length === 0) {
			const from = Math.max(bottom - height, 0);
			return {
				rows: Array.from({length: bottom - from}, (_, i) => row(from + i)),
				below: Math.max(end - bottom, 0),
			};
		}
		const to = this.#position(bottom);
		const from = Math.max(to - height, this.#position(first));
		return {
			rows: this.#matches.slice(Math.min(from, to), to).map(row),
			below: Math.max(this.#matches.length - to, 0),
		};
	}

	/** The newest message below `limit` that the filter lets through. */
	newest(limit: number | null): number | undefined {
		return this.step(Number.MAX_SAFE_INTEGER, 0, limit);
	}

	/** The index `steps` messages away; undefined: there is none at all. */
	step(from: number, steps: number, limit: number | null): number | undefined {
		const {first, end} = this.feed.range();
		const stop = limit ?? end;
		if (this.#words.length === 0) {
			if (stop <= first) return undefined;
			return Math.max(first, Math.min(from + steps, stop - 1));
		}
		const [low, high] = [this.#position(first), this.#position(stop) - 1];
		if (high < low) return undefined;
		return this.#matches[Math.max(low, Math.min(this.#position(from) + steps, high))];
	}
}
