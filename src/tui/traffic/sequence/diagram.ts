import type {TrafficMessage} from '../../../dbus/types.js';
import type {TrafficFeed} from '../../port.js';
import {type Entry, isFrozenAt, type Mark} from '../marks.js';
import type {Shown} from '../use-window.js';
import {type Lanes, others} from './lanes.js';

/** A message with the columns it goes between. */
export interface Arrow {
	message: TrafficMessage;
	from: number;
	/** Several for a signal, none for one that nobody in view receives. */
	to: readonly number[];
}

export interface DiagramLine {
	entry: Entry<Shown>;
	/** Undefined for a mark, and for a message that is gone. */
	arrow?: Arrow;
	/** Columns at work on a call in this line. */
	busy: ReadonlySet<number>;
	/** Columns whose service is frozen in this line. */
	frozen: ReadonlySet<number>;
}

export interface Diagram {
	/** Unique names, from left to right; `others` for all who have no column. */
	lanes: readonly string[];
	lines: readonly DiagramLine[];
}

/** Lays the messages in view out as columns and arrows. */
export function layDiagram(
	entries: ReadonlyArray<Entry<Shown>>,
	feed: TrafficFeed,
	marks: readonly Mark[],
	columns: Lanes,
	mostLanes: number,
): Diagram {
	const parties = entries.map(({item}) => item?.message && partiesOf(item.message, feed));
	const needed = new Map<string, number>();
	for (const found of parties) {
		for (const name of found ? [found.from, ...found.to] : []) {
			needed.set(name, (needed.get(name) ?? 0) + 1);
		}
	}
	const lanes = columns.assign(needed, mostLanes);
	const laneOf = (name: string): number => {
		const lane = lanes.indexOf(name);
		return lane < 0 ? lanes.indexOf(others) : lane;
	};
	const busy = new Busy();
	const lines = entries.map((entry, i): DiagramLine => {
		const message = entry.item?.message;
		const found = parties[i];
		const at = entry.mark?.at ?? message?.at;
		const frozen = new Set(
			at === undefined ? [] : [...lanes.keys()].filter((lane) => isFrozenAt(marks, lanes[lane] ?? '', at)),
		);
		if (!message || !found) return {entry, busy: busy.lanes(), frozen};
		const arrow = {message, from: laneOf(found.from), to: [...new Set(found.to.map(laneOf))]};
		return {entry, arrow, busy: busy.line(arrow, feed), frozen};
	});
	return {lanes, lines: busy.backwards(lines)};
}

/** Unique names where they are known: a service that is called by its name answers by the other. */
function partiesOf(message: TrafficMessage, feed: TrafficFeed): {from: string; to: string[]} {
	const {type, sender, destination} = message;
	const from = sender === undefined ? others : feed.ownerOf(sender);
	if (destination !== undefined) return {from, to: [feed.ownerOf(destination)]};
	const receivers = type === 'signal' ? (feed.receivers(message) ?? []) : [];
	return {from, to: receivers.filter((name) => name !== from)};
}

/** Follows from line to line who works on a call: from the call until its answer. */
class Busy {
	/** Index of the call → its column. */
	readonly #open = new Map<number, number>();
	/** Columns whose call came before the first line, until the line of the answer. */
	readonly #before: Array<{lane: number; until: number}> = [];
	#line = 0;

	lanes(): ReadonlySet<number> {
		this.#line++;
		return new Set(this.#open.values());
	}

	line({message, from, to}: Arrow, feed: TrafficFeed): ReadonlySet<number> {
		const [callee] = to;
		const call = message.type === 'call' ? message : feed.pair(message);
		if (message.type === 'call') {
			if (!message.noReply && callee !== undefined) this.#open.set(message.index, callee);
		} else if (call && !this.#open.has(call.index) && message.type !== 'signal') {
			this.#before.push({lane: from, until: this.#line});
		}
		const now = this.lanes();
		if (message.type !== 'call' && call) this.#open.delete(call.index);
		return now;
	}

	/** Adds the work on calls that were made above the first line. */
	backwards(lines: readonly DiagramLine[]): DiagramLine[] {
		return lines.map((line, i) => {
			const working = this.#before.filter(({until}) => i <= until).map(({lane}) => lane);
			return working.length === 0 ? line : {...line, busy: new Set([...line.busy, ...working])};
		});
	}
}
