import {escapeText} from '../../common/escape.js';
import type {TrafficMessage} from '../../dbus/types.js';
import {messages} from '../../i18n/index.js';
import type {TrafficFeed} from '../port.js';
import {justify, type Row, span} from '../spans.js';
import {formatBytes, formatMs, formatTime, pad, shortName, widthOf} from '../text.js';
import type {Tone} from '../theme.js';
import {answerOf} from './answers.js';

/** What kind of message it is. */
export const arrows: Record<TrafficMessage['type'], readonly [string, Tone]> = {
	call: ['→', 'call'],
	return: ['←', 'good'],
	error: ['✖', 'bad'],
	signal: ['≋', 'signal'],
};

/** Whether a row of that many columns has room for milliseconds. */
export function isPrecise(width: number): boolean {
	return width >= 68;
}

/** The application behind an address, in `width` columns. */
function party(name: string | undefined, feed: TrafficFeed, width: number): string {
	if (name === undefined) return '';
	if (!name.startsWith(':')) return shortName(name, width);
	const known = feed.nameOf(name);
	// Several connections of one program are told apart by their number, where there is room.
	const both = known.includes('.') || known === name ? known : `${known} ${name}`;
	return shortName(widthOf(escapeText(both)) <= width ? both : known, width);
}

/**
 * One message in one line: `time  caller → callee  Member(arguments)   elapsed`. A reply is drawn from the
 * caller's side (`caller ← callee`), so that a call and its answer stand under each other.
 */
export function trafficRow(message: TrafficMessage, feed: TrafficFeed, width: number): Row {
	const time = formatTime(message.at, isPrecise(width));
	const [arrow, tone] = arrows[message.type];
	const partyWidth = Math.max(8, Math.min(32, Math.floor((width - time.length) * 0.25)));
	const reply = message.type === 'return' || message.type === 'error';
	const [from, to] = reply ? [message.destination, message.sender] : [message.sender, message.destination];
	const right = rightEnd(message, feed);
	return justify(
		[
			span(`${time} `, 'dim'),
			span(pad(party(from, feed, partyWidth), partyWidth)),
			span(` ${arrow} `, tone),
			// A signal to everybody has no receiver to show.
			span(to === undefined ? '' : `${pad(party(to, feed, partyWidth), partyWidth)} `),
			span(subject(message, feed), tone === 'good' ? 'dim' : tone),
		],
		right,
		width,
	);
}

/** How long the answer took, and with a call how long it has been waiting for one. */
export function rightEnd(message: TrafficMessage, feed: TrafficFeed): Row {
	if (message.type === 'call') {
		const answer = answerOf(message, feed);
		// The figure stands with the answer; repeated at the call it would only be noise.
		if (answer?.kind === 'waiting') return [span(` … ${formatMs(answer.ms)}`, 'accent')];
		return answer?.kind === 'unanswered' ? [span(` ✖ ${formatMs(answer.ms)}`, 'warn')] : [];
	}
	const elapsed = message.type === 'signal' ? undefined : feed.elapsed(message);
	return elapsed === undefined ? [] : [span(` ${formatMs(elapsed)}`, elapsed >= 1000 ? 'warn' : 'dim')];
}

/** `Add(5)`, `Add = 47`, `Add NoReply "…"`: what was called or told, with the arguments. */
export function subject(message: TrafficMessage, feed: TrafficFeed): string {
	const text = messages().screen.traffic;
	const fds = message.fds > 0 ? ` ${text.fds(message.fds)}` : '';
	const values = feed.arguments(message) ?? largeBody(message);
	if (message.type === 'call' || message.type === 'signal') {
		return `${escapeText(message.member ?? '?')}(${values})${fds}`;
	}
	const call = feed.pair(message);
	const of = call?.member === undefined ? `#${message.replySerial ?? '?'}` : escapeText(call.member);
	if (message.type === 'error') {
		const name = escapeText(message.errorName?.split('.').at(-1) ?? text.error);
		return `${of} ${name}${values && ` ${values}`}${fds}`;
	}
	return `${of}${values && ` = ${values}`}${fds}`;
}

/** What stands for a body that is too large for a row. */
function largeBody({signature = '', size}: TrafficMessage): string {
	return `${signature} ${formatBytes(size)}`;
}
