import type {Waiting} from '../../dbus/held/service.js';
import {messages} from '../../i18n/index.js';
import {isFrozen, type SessionView} from '../session-view.js';
import {type Row, rowWidth, type Span, span} from '../spans.js';
import {formatAge, formatBytes, formatCount, sparkline, wrap} from '../text.js';
import {arrivalRates} from './backlog.js';

/** Seconds that the sparkline shows. */
const sparkSeconds = 12;

/** Why nothing more is taken off the bus for it, in a few words; undefined while all is well. */
export function troubleOf(waiting: Waiting | undefined): string | undefined {
	const texts: Partial<Record<Waiting['drain'], string>> = messages().screen.waiting.trouble;
	return waiting && texts[waiting.drain];
}

/** `12`, or `4096+` when not all could be counted. */
export function countOf({messages: count, more}: Waiting): string {
	return `${formatCount(count)}${more ? '+' : ''}`;
}

/**
 * How a frozen service stands with the bus, in rows of at most `width` columns; after the thaw, what it got.
 * @param now milliseconds since the epoch.
 */
export function summaryRows(view: SessionView, now: number, width: number): Row[] {
	const {last} = view.backlog;
	if (!isFrozen(view)) return deliveredRows(view, width);
	const text = messages().screen.waiting;
	const {policy} = view.session;
	const standing = [
		...(view.frozenAt === undefined ? [] : [span(text.frozenFor(formatAge(now - view.frozenAt)))]),
		span(text.policy[policy], policy === 'refuse' ? 'warn' : 'plain'),
		...(last && last.refused > 0 ? [span(text.refused(formatCount(last.refused)))] : []),
	];
	if (!last) return [...facts(standing, width), [span(text.loading, 'dim')]];
	const waits = [
		span(
			last.bytes === 0 ? text.nothing : text.messages(countOf(last), formatBytes(last.bytes)),
			last.bytes === 0 ? 'dim' : 'strong',
		),
		...(last.oldest === undefined ? [] : [span(text.oldest(formatAge(now - last.oldest)))]),
		...(last.stashed > 0 ? [span(stashedText(last))] : []),
	];
	const drain = last.drain === 'watching' ? text.drain.watching[policy] : text.drain[last.drain];
	const tone = troubleOf(last) === undefined ? 'dim' : 'bad';
	return [
		...facts(standing, width),
		...facts(waits, width),
		rateRow(view, now),
		...(drain === '' ? [] : wrap(drain, width).map((line): Row => [span(line, tone)])),
	];
}

function stashedText({stashed, messages: count, more}: Waiting): string {
	const text = messages().screen.waiting;
	return stashed === count && !more ? text.allStashed : text.stashed(formatCount(stashed));
}

function rateRow({backlog}: SessionView, now: number): Row {
	const rates = arrivalRates(backlog, now, sparkSeconds);
	const rate = span(messages().screen.waiting.rate(formatCount(rates.at(-1) ?? 0)));
	return rates.length > 1 ? [rate, span(' '), span(sparkline(rates), 'accent')] : [rate];
}

/**
 * The session counts what went through the stash. Without one all was in the socket, where it stayed: then the
 * last count stands.
 */
function deliveredRows({session, backlog: {last}}: SessionView, width: number): Row[] {
	const text = messages().screen.waiting;
	const {messages: count, bytes} = session.handedBack ?? {messages: 0, bytes: 0, ...last};
	const sentence =
		bytes === 0
			? text.deliveredNothing
			: text.delivered(session.handedBack || !last ? formatCount(count) : countOf(last), formatBytes(bytes));
	const refused = last && last.refused > 0 ? [span(text.hadRefused(formatCount(last.refused)))] : [];
	return [
		...wrap(sentence, width).map((line): Row => [span(line, 'good')]),
		...(refused.length > 0 ? [refused] : []),
	];
}

/** `one · two · three`, in as many rows as that takes. */
function facts(pieces: readonly Span[], width: number): Row[] {
	const rows: Span[][] = [];
	for (const piece of pieces) {
		const row = rows.at(-1);
		const joined = [span(' · ', 'dim'), piece];
		if (row && rowWidth(row) + rowWidth(joined) <= width) row.push(...joined);
		else rows.push([piece]);
	}
	return rows;
}
