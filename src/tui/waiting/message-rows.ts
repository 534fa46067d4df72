import {escapeText} from '../../common/escape.js';
import type {WaitingMessage} from '../../dbus/held/service.js';
import {messages} from '../../i18n/index.js';
import type {TrafficFeed} from '../port.js';
import {justify, type Row, type Span, span} from '../spans.js';
import {formatBytes, formatTime, pad, shortName, widthOf} from '../text.js';
import {arrows} from '../traffic/message-row.js';

interface Columns {
	at: number;
	from: number;
	/** 0: not shown. */
	to: number;
	path: number;
	precise: boolean;
}

/** @param several it waits on more than one connection: then each row says on which. */
function columnsOf(width: number, several: boolean): Columns {
	const precise = width >= 68;
	const at = Math.max(precise ? 12 : 8, widthOf(messages().screen.waiting.noTime));
	return {
		at,
		precise,
		from: Math.max(8, Math.min(32, Math.floor(width * 0.2))),
		to: several ? 8 : 0,
		path: width >= 130 ? Math.min(48, Math.floor(width * 0.25)) : 0,
	};
}

/** What the columns of `messageRow` are. */
export function headerRow(width: number, several: boolean): Row {
	const {header} = messages().screen.waiting;
	const columns = columnsOf(width, several);
	const cells = [
		pad(header.at, columns.at),
		pad(header.from, columns.from),
		' ',
		...(columns.to > 0 ? [pad('', columns.to)] : []),
		...(columns.path > 0 ? [pad(header.path, columns.path)] : []),
		header.what,
	];
	return justify([span(cells.join(' '), 'dim')], [span(header.size, 'dim')], width);
}

/** One waiting message: `time  sender ≋ Interface.Member   +1 fd 3.2 kB`. */
export function messageRow(message: WaitingMessage, feed: TrafficFeed, width: number, several: boolean): Row {
	const text = messages().screen;
	const columns = columnsOf(width, several);
	const {type, sender, at, size, fds, lostFds} = message;
	const [sign, tone] = type === undefined ? (['?', 'dim'] as const) : arrows[type];
	const from = sender === undefined ? '' : sender.startsWith(':') ? feed.nameOf(sender) : sender;
	const time = at === 0 ? text.waiting.noTime : formatTime(at, columns.precise);
	const left: Span[] = [
		span(`${pad(time, columns.at)} `, 'dim'),
		span(`${pad(shortName(from, columns.from), columns.from)} `),
		span(`${sign} `, tone),
		...(columns.to > 0 ? [span(`${pad(escapeText(message.connection), columns.to)} `, 'dim')] : []),
		...(columns.path > 0 ? [span(`${pad(escapeText(message.path ?? ''), columns.path)} `, 'dim')] : []),
		span(subject(message), tone),
	];
	const right: Span[] = [
		...(lostFds > 0 ? [span(` ${text.waiting.lostFds(lostFds)}`, 'bad')] : []),
		...(fds > 0 ? [span(` ${text.traffic.fds(fds)}`, 'accent')] : []),
		span(` ${formatBytes(size)}`, 'dim'),
	];
	return justify(left, right, width);
}

function subject({type, interface: ofInterface, member, errorName, replySerial}: WaitingMessage): string {
	if (type === undefined) return messages().screen.waiting.pieceOfStream;
	if (type === 'error') return escapeText(errorName ?? '');
	if (type === 'return') return `#${replySerial ?? '?'}`;
	// The last word of an interface says enough where the member stands beside it.
	return escapeText([ofInterface?.split('.').at(-1), member].filter(Boolean).join('.'));
}
