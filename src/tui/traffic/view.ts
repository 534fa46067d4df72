import {QueryError} from '../../dbus/query/error.js';
import {parseQuery, type Query} from '../../dbus/query/query.js';
import type {TrafficMessage} from '../../dbus/types.js';
import type {TrafficFeed} from '../port.js';
import {isFresh} from './answers.js';

/** How many messages one `advance` may test against the filter: keeps a frame under a few milliseconds. */
const budget = 6000;

const nothingSaved: Readonly<Record<string, string>> = {};

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
	#text = '';
	#saved = nothingSaved;
	#query: Query = parseQuery('');
	#error: QueryError | undefined;
	#matches: number[] = [];
	/** Tested: [scannedFrom, scannedTo). */
	#scannedFrom = 0;
	#scannedTo = 0;

	constructor(private readonly feed: Pick<TrafficFeed, 'range' | 'get' | 'pair' | 'matches'>) {}

	/** Why the filter cannot be understood; the last one that could is in force. */
	get error(): QueryError | undefined {
		return this.#error;
	}

	get query(): Query {
		return this.#query;
	}

	/** @param saved the saved filters that the text may name. */
	setFilter(text: string, saved: Readonly<Record<string, string>> = nothingSaved): void {
		if (text === this.#text && saved === this.#saved) return;
		this.#text = text;
		this.#saved = saved;
		try {
			this.#query = parseQuery(text, (name) => saved[name]);
			this.#error = undefined;
		} catch (error) {
			if (!(error instanceof QueryError)) throw error;
			this.#error = error;
			return;
		}
		this.#matches = [];
		this.#scannedFrom = this.#scannedTo = this.feed.range().end;
		this.advance();
	}

	/** Goes on testing; call it on every tick. True: there is more to test, call again soon. */
	advance(): boolean {
		const {first, end} = this.feed.range();
		if (this.#query.isEmpty) return false;
		let left = budget;
		if (this.#scannedTo < first) {
			this.#scannedFrom = this.#scannedTo = first;
			this.#matches = [];
		}
		while (this.#scannedTo < end && left-- > 0 && !this.#isTooEarly(this.#scannedTo)) {
			if (this.#query.judgesSilence) this.#retract(this.#scannedTo);
			if (this.#accepts(this.#scannedTo)) {
				if (this.#query.wantsReply) this.#recall(this.#scannedTo);
				this.#matches.push(this.#scannedTo);
			}
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

	/** A call is answered at once or is worth a row: one that came and went would only flicker. */
	#isTooEarly(index: number): boolean {
		if (!this.#query.judgesSilence) return false;
		const message = this.feed.get(index);
		return message?.type === 'call' && isFresh(message);
	}

	/** An answer may take its call away again. */
	#retract(answer: number): void {
		const message = this.feed.get(answer);
		const call = message?.type === 'call' ? undefined : message && this.feed.pair(message)?.index;
		if (call === undefined) return;
		const place = this.#position(call);
		if (this.#matches[place] === call && !this.#accepts(call)) this.#matches.splice(place, 1);
	}

	/** Drops matches that left the memory, in large steps only. */
	#forget(first: number): void {
		this.#scannedFrom = Math.max(this.#scannedFrom, first);
		const gone = this.#position(first);
		if (gone > 4096) this.#matches.splice(0, gone);
	}

	#accepts(index: number): boolean {
		return this.feed.matches(index, this.#query);
	}

	/** An answer may be what its call was let through for: the call was tested before the answer came. */
	#recall(answer: number): void {
		const message = this.feed.get(answer);
		const call = message?.type === 'call' ? undefined : message && this.feed.pair(message)?.index;
		// What lies before the tested ones is tested later, with its answer.
		if (call === undefined || call < this.#scannedFrom) return;
		const place = this.#position(call);
		if (this.#matches[place] !== call) this.#matches.splice(place, 0, call);
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
		if (this.#query.isEmpty) {
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
		if (this.#query.isEmpty) {
			if (stop <= first) return undefined;
			return Math.max(first, Math.min(from + steps, stop - 1));
		}
		const [low, high] = [this.#position(first), this.#position(stop) - 1];
		if (high < low) return undefined;
		return this.#matches[Math.max(low, Math.min(this.#position(from) + steps, high))];
	}
}
