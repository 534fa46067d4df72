import {escapeText} from '../../common/escape.js';
import type {TrafficMessage} from '../../dbus/types.js';
import {messages} from '../../i18n/index.js';
import type {TrafficFeed} from '../port.js';
import {justify, type Row, span} from '../spans.js';
import {formatMs, formatTime, pad, shortName} from '../text.js';
import type {Tone} from '../theme.js';

const arrows: Record<TrafficMessage['type'], readonly [string, Tone]> = {
	call: ['→', 'call'],
	return: ['←', 'good'],
	error: ['✖', 'bad'],
	signal: ['≋', 'signal'],
};

/** The application behind an address, in `width` columns. */
function party(name: string | undefined, feed: TrafficFeed, width: number): string {
	return name === undefined ? '' : shortName(name.startsWith(':') ? feed.nameOf(name) : name, width);
}

/**
 * One message in one line: `time  caller → callee  Member(signature)   elapsed`. A reply is drawn from the
 * caller's side (`caller ← callee`), so that a call and its answer stand under each other.
 */
export function trafficRow(message: TrafficMessage, feed: TrafficFeed, width: number): Row {
	const wide = width >= 68;
	const time = formatTime(message.at, wide);
	const [arrow, tone] = arrows[message.type];
	const partyWidth = Math.max(8, Math.min(32, Math.floor((width - time.length) * 0.25)));
	const reply = message.type === 'return' || message.type === 'error';
	const [from, to] = reply ? [message.destination, message.sender] : [message.sender, message.destination];
	const elapsed = feed.elapsed(message);
	// The figure stands with the answer; repeated at the call it would only be noise.
	const right =
		reply && elapsed !== undefined ? [span(` ${formatMs(elapsed)}`, elapsed >= 1000 ? 'warn' : 'dim')] : [];
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

function subject(message: TrafficMessage, feed: TrafficFeed): string {
	const text = messages().screen.traffic;
	const fds = message.fds > 0 ? ` ${text.fds(message.fds)}` : '';
	if (message.type === 'call' || message.type === 'signal') {
		return escapeText(`${message.member ?? '?'}(${message.signature ?? ''})`) + fds;
	}
	const call = feed.pair(message);
	const of = call?.member === undefined ? `#${message.replySerial ?? '?'}` : escapeText(call.member);
	if (message.type === 'error')
		return `${of} ${escapeText(message.errorName?.split('.').at(-1) ?? text.error)}${fds}`;
	return `${of}${fds}`;
}
