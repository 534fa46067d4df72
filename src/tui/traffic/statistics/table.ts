import {escapeText} from '../../../common/escape.js';
import {messages} from '../../../i18n/index.js';
import {type Row, type Span, span} from '../../spans.js';
import type {StatisticsOrder} from '../../state/traffic.js';
import {cut, formatBytes, formatCount, formatMs, pad, shortName, widthOf} from '../../text.js';
import type {MemberFigures, TalkerFigures, Tally} from './tally.js';

/** Columns for a figure: counts and rates have at most five characters, times and sizes seven. */
const short = 6;
const long = 8;
/** Count, rate, three percentiles, errors. */
const figuresWidth = 3 * short + 3 * long;
/** Below this many columns an interface is left out beside its member. */
const roomForInterface = 40;

/** The members in order, with a head; `now` is the time of the figures. */
export function memberRows(tally: Tally, order: StatisticsOrder, now: number, width: number): Row[] {
	const text = messages().screen.statistics;
	const {service, member, count, rate, errors} = text.columns;
	const names = width - figuresWidth;
	const [left, right] = [Math.floor(names * 0.42), Math.ceil(names * 0.58)];
	const head = (title: string, room: number, is?: StatisticsOrder) =>
		span(pad(is === order ? `▾${title}` : title, room, 'right'), is === order ? 'accent' : 'dim');
	const rows = ordered([...tally.members.values()], order, now).map((figures): Row => {
		const {latency} = figures;
		const percentile = (share: number) => {
			const ms = latency?.percentile(share);
			return ms === undefined ? '' : formatMs(ms);
		};
		return [
			span(pad(shortName(figures.service, left - 1), left)),
			span(pad(memberText(figures, right - 1), right), figures.type === 'signal' ? 'signal' : 'call'),
			figure(formatCount(figures.count), short),
			figure(formatPerSecond(figures.rate.perSecond(now)), short),
			figure(percentile(0.5), long),
			figure(percentile(0.95), long),
			figure(percentile(0.99), long),
			figure(figures.errors > 0 ? formatCount(figures.errors) : '', short, 'bad'),
		];
	});
	return [
		[
			span(pad(service, left), 'dim'),
			span(pad(member, right), 'dim'),
			head(count, short, 'count'),
			head(rate, short, 'rate'),
			head('p50', long),
			head('p95', long, 'slowest'),
			head('p99', long),
			head(errors, short, 'errors'),
		],
		...rows,
	];
}

/** Who sends most, with a head. */
export function talkerRows(tally: Tally, order: StatisticsOrder, now: number, width: number): Row[] {
	const {talker, messages: count, rate, bytes} = messages().screen.statistics.columns;
	const left = width - 2 * short - long;
	const value = (one: TalkerFigures) => (order === 'rate' ? one.rate.perSecond(now) : one.messages);
	const talkers = [...tally.talkers.values()].sort((a, b) => value(b) - value(a) || b.messages - a.messages);
	const head = (title: string, room: number) => span(pad(title, room, 'right'), 'dim');
	return [
		[span(pad(talker, left), 'dim'), head(count, short), head(rate, short), head(bytes, long)],
		...talkers.map(
			(one): Row => [
				span(pad(shortName(one.name || '?', left - 1), left)),
				figure(formatCount(one.messages), short),
				figure(formatPerSecond(one.rate.perSecond(now)), short),
				figure(formatBytes(one.bytes), long),
			],
		),
	];
}

function figure(text: string, room: number, tone?: Span['tone']): Span {
	return span(pad(text, room, 'right'), tone);
}

/** `Add`, with as much of its interface as there is room for. */
function memberText({interface: name, member, type}: MemberFigures, width: number): string {
	const called = (type === 'signal' ? '≋ ' : '') + escapeText(member);
	const rest = width - widthOf(called) - 2;
	const from = name !== '' && width >= roomForInterface && rest > 3 ? shortName(name, rest) : '';
	return cut(from === '' ? called : `${called}  ${from}`, width);
}

function ordered(members: MemberFigures[], order: StatisticsOrder, now: number): MemberFigures[] {
	const value = (one: MemberFigures): number => {
		switch (order) {
			case 'rate':
				return one.rate.perSecond(now);
			case 'slowest':
				return one.latency?.percentile(0.95) ?? -1;
			case 'errors':
				return one.errors;
			default:
				return one.count;
		}
	};
	const values = new Map(members.map((one) => [one, value(one)]));
	return members.sort((a, b) => (values.get(b) ?? 0) - (values.get(a) ?? 0) || b.count - a.count);
}

/** 0.4, 9.8, 812, 12.3k; nothing for what does not happen. */
function formatPerSecond(rate: number): string {
	if (rate === 0) return '';
	return rate < 9.95 ? rate.toFixed(1) : formatCount(rate);
}
