import type {Query} from '../../../dbus/query/query.js';
import type {TrafficFeed} from '../../port.js';
import {isFresh} from '../answers.js';
import {Tally} from './tally.js';
import {steps} from './timeline.js';

/** Milliseconds that one `advance` may take: keys are answered in between. */
const budgetMs = 8;
/** Messages of a moment; they are counted with the next look. */
const fewLeft = 2000;
/** The clock is looked at once in so many messages. */
const between = 64;

/**
 * Adds up the messages in memory that the filter lets through, bit by bit, and then whatever comes. It costs
 * nothing while nobody looks at it.
 */
export class StatisticsScan {
	tally: Tally;
	#query: Query | undefined;
	#from = 0;
	#next = 0;

	constructor(private readonly feed: TrafficFeed) {
		this.tally = new Tally(feed, 1000);
	}

	/** Share of the messages in memory that are counted, 0…1; 1 when only the newest ones are missing. */
	get progress(): number {
		const {end} = this.feed.range();
		if (end - this.#next < fewLeft) return 1;
		return (this.#next - this.#from) / (end - this.#from);
	}

	/** Begins anew when the filter has changed. True: there is more to count, call again soon. */
	advance(query: Query): boolean {
		if (query !== this.#query) this.#restart(query);
		const {first, end} = this.feed.range();
		// What left the memory before it was counted is lost to the figures.
		this.#next = Math.max(this.#next, first);
		const stop = performance.now() + budgetMs;
		while (this.#next < end) {
			const index = this.#next;
			if (query.isEmpty || this.feed.matches(index, query)) {
				const message = this.feed.get(index);
				// Counted as unanswered is what still is when answers usually have come; nothing is taken back.
				if (message && query.judgesSilence && isFresh(message)) return true;
				if (message) this.tally.add(message);
			}
			this.#next++;
			if (index % between === 0 && performance.now() > stop) return true;
		}
		return false;
	}

	#restart(query: Query): void {
		this.#query = query;
		const {first, end} = this.feed.range();
		this.#from = this.#next = first;
		// A capture is shown from its beginning to its end, live traffic in seconds.
		const isCapture = this.feed.status().mode === 'capture';
		const length = (this.feed.get(end - 1)?.at ?? 0) - (this.feed.get(first)?.at ?? 0);
		const stepMs = isCapture ? Math.max(Math.ceil(length / (steps - 1)), 1) : 1000;
		this.tally = new Tally(this.feed, stepMs);
	}
}
