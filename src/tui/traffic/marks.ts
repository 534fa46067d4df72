import type {TrafficGap} from '../../dbus/types.js';
import {messages} from '../../i18n/index.js';
import {fitRow, type Row, rowWidth, span} from '../spans.js';
import {formatMs, formatTime, shortName} from '../text.js';
import type {Tone} from '../theme.js';

/** A freeze or a thaw as an event among the messages. */
export interface Mark {
	/** Tells it from all others: an event that is told twice is one mark. */
	key: string;
	/** Milliseconds since the epoch. */
	at: number;
	kind: 'frozen' | 'thawed' | 'aborted' | 'lost' | 'gap';
	/** Of the service, unescaped; of a gap how long it lasted. */
	name: string;
	uniqueNames: readonly string[];
}

const signs: Record<Mark['kind'], readonly [string, Tone]> = {
	frozen: ['❄', 'ice'],
	thawed: ['✔', 'good'],
	aborted: ['✔', 'warn'],
	lost: ['✖', 'bad'],
	gap: ['✂', 'warn'],
};

/** One character for it. */
export function markSign({kind}: Mark): {text: string; tone: Tone} {
	const [text, tone] = signs[kind];
	return {text, tone};
}

/** A line across the messages: `12:01:33 ── ❄ Counter is frozen ─────`. */
export function markRow(mark: Mark, width: number, precise: boolean): Row {
	const {text, tone} = markSign(mark);
	const time = `${formatTime(mark.at, precise)} `;
	const sentence = messages().screen.traffic.marks[mark.kind](shortName(mark.name, Math.floor(width / 2)));
	const head: Row = [span(time, 'dim'), span(`── ${text} ${sentence} `, tone)];
	return fitRow([...head, span('─'.repeat(Math.max(width - rowWidth(head), 0)), tone)], width);
}

/** Times in which the bus could not be watched are events, too. */
export function withGaps(marks: readonly Mark[], gaps: readonly TrafficGap[], now: number): readonly Mark[] {
	if (gaps.length === 0) return marks;
	const more = gaps.map(
		({from, to = now}): Mark => ({
			key: `gap ${from}`,
			at: from,
			kind: 'gap',
			name: formatMs(Math.max(to - from, 0)),
			uniqueNames: [],
		}),
	);
	return [...marks, ...more].sort((a, b) => a.at - b.at);
}

/** What is shown in a list or a diagram: a message, or a mark. */
export type Entry<Item> = {item: Item; mark?: undefined} | {mark: Mark; item?: undefined};

/**
 * Puts the marks between the messages by their time. Those before the first message belong to what is not in
 * view; those after the last one are shown only when nothing newer is there (`atEnd`).
 */
export function withMarks<Item>(
	items: readonly Item[],
	timeOf: (item: Item) => number | undefined,
	marks: readonly Mark[],
	atEnd: boolean,
): Array<Entry<Item>> {
	const entries: Array<Entry<Item>> = [];
	const first = items.map(timeOf).find((at) => at !== undefined) ?? 0;
	let next = marks.findIndex(({at}) => at >= first);
	if (next < 0) next = marks.length;
	for (const item of items) {
		const at = timeOf(item);
		for (; at !== undefined && (marks[next]?.at ?? Number.POSITIVE_INFINITY) < at; next++) {
			entries.push({mark: marks[next] as Mark});
		}
		entries.push({item});
	}
	if (atEnd) for (const mark of marks.slice(next)) entries.push({mark});
	return entries;
}

/** Whether the connection was frozen at that moment. */
export function isFrozenAt(marks: readonly Mark[], uniqueName: string, at: number): boolean {
	const last = marks.findLast((mark) => mark.at <= at && mark.uniqueNames.includes(uniqueName));
	return last?.kind === 'frozen';
}

/** The last `room` entries, or as many as it takes to keep the chosen one in view. */
export function lastEntries<Item>(
	entries: ReadonlyArray<Entry<Item>>,
	room: number,
	isChosen: (item: Item) => boolean,
): ReadonlyArray<Entry<Item>> {
	const chosen = entries.findIndex(({item}) => item !== undefined && isChosen(item));
	const from = Math.max(entries.length - room, 0);
	const start = chosen >= 0 ? Math.min(from, chosen) : from;
	return entries.slice(start, start + room);
}
