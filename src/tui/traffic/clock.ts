import type {TrafficFeed} from '../port.js';
import type {TrafficView} from './view.js';

/** At most 20 looks a second: fast enough to follow, slow enough that a flood costs no more than a trickle. */
const fastestTickMs = 50;
/** Even on a huge terminal the traffic is seen to move. */
const slowestTickMs = 250;
/** Drawing what comes may take this share of one core; keys are answered, and drawn, in between. */
const drawingShare = 0.15;
const sampleMs = 1000;
const keptSamples = 120;

/**
 * Looks at the feed at a steady pace, so that the screen is drawn by time and never by message. Two readers:
 * the pane (`tick`, changes with every look that found something new) and the charts (`rates`, once a second).
 */
export class TrafficClock {
	/** Changes when the traffic pane should be drawn anew. */
	tick = 0;
	/** Messages a second, oldest first. */
	rates: readonly number[] = [];
	#frameMs = 0;
	#seen = -1;
	#sampledSeen = 0;
	#sampledAt = 0;
	#works = new Set<() => void>();
	#onTick = new Set<() => void>();
	#onRate = new Set<() => void>();

	constructor(
		private readonly feed: TrafficFeed,
		private readonly view: TrafficView,
	) {}

	/** Returns what stops it. */
	start(): () => void {
		this.#sampledSeen = this.feed.counts().seen;
		this.#sampledAt = performance.now();
		let timer: NodeJS.Timeout;
		let stopped = false;
		const next = () => {
			if (stopped) return;
			timer = setTimeout(() => {
				const start = performance.now();
				this.look();
				// React and Ink draw before the next turn of the event loop.
				setImmediate(() => {
					this.#drawn(performance.now() - start);
					next();
				});
			}, this.#tickMs());
		};
		next();
		return () => {
			stopped = true;
			clearTimeout(timer);
		};
	}

	/** Tells what a look and the frame after it have cost, in milliseconds: the larger the terminal, the slower the pace. */
	#drawn(ms: number): void {
		// A moving average over about eight frames; one slow frame is no reason.
		this.#frameMs += (ms - this.#frameMs) / 8;
	}

	#tickMs(): number {
		return Math.min(Math.max(this.#frameMs / drawingShare, fastestTickMs), slowestTickMs);
	}

	/** Work that is done at each look. Returns what ends it. */
	attach(work: () => void): () => void {
		this.#works.add(work);
		return () => void this.#works.delete(work);
	}

	look(): void {
		const searching = this.view.advance();
		for (const work of this.#works) work();
		const {seen} = this.feed.counts();
		if (seen !== this.#seen || searching) {
			this.#seen = seen;
			this.tick++;
			for (const listener of this.#onTick) listener();
		}
		const now = performance.now();
		const elapsed = now - this.#sampledAt;
		if (elapsed < sampleMs) return;
		const rate = ((seen - this.#sampledSeen) * 1000) / elapsed;
		this.#sampledSeen = seen;
		this.#sampledAt = now;
		this.rates = [...this.rates, rate].slice(-keptSamples);
		for (const listener of this.#onRate) listener();
	}

	readonly onTick = (listener: () => void): (() => void) => {
		this.#onTick.add(listener);
		return () => this.#onTick.delete(listener);
	};

	readonly onRate = (listener: () => void): (() => void) => {
		this.#onRate.add(listener);
		return () => this.#onRate.delete(listener);
	};
}
