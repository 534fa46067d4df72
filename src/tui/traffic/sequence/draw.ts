import type {TrafficFeed} from '../../port.js';
import {fitRow, type Row} from '../../spans.js';
import {cut, formatTime, shortName, widthOf} from '../../text.js';
import type {Tone} from '../../theme.js';
import {rightEnd, subject} from '../message-row.js';
import {Canvas} from './canvas.js';
import type {Arrow, Diagram, DiagramLine} from './diagram.js';
import {others} from './lanes.js';

/** A column narrower than this has no room for a label; four of them fit into the smallest terminal. */
const narrowestLane = 14;
/** For how long the answer took. */
const rightWidth = 9;

/** Where everything is in a diagram that is `width` columns wide. */
export interface Measures {
	width: number;
	/** First column after the time, and one past the last column of the diagram. */
	left: number;
	right: number;
	precise: boolean;
}

export function measure(width: number): Measures {
	const precise = width >= 100;
	return {width, left: precise ? 14 : 9, right: width - rightWidth, precise};
}

export function mostLanes({left, right}: Measures): number {
	return Math.max(Math.floor((right - left) / narrowestLane), 2);
}

const laneWidth = ({left, right}: Measures, count: number): number =>
	Math.floor((right - left) / Math.max(count, 1));

/** The column of the terminal that a lifeline is in. */
function centre(lane: number, count: number, measures: Measures): number {
	const width = laneWidth(measures, count);
	return measures.left + lane * width + Math.floor(width / 2);
}

/** Two rows: who each column is, by name and by unique name. `frozen`: unique names frozen now. */
export function headRows(
	{lanes}: Diagram,
	feed: TrafficFeed,
	frozen: ReadonlySet<string>,
	othersText: string,
	measures: Measures,
): Row[] {
	const [names, numbers] = [new Canvas(measures.width), new Canvas(measures.width)];
	const room = laneWidth(measures, lanes.length) - 2;
	for (const [lane, party] of lanes.entries()) {
		const isFrozen = frozen.has(party);
		const name = party === others ? othersText : shortName(feed.nameOf(party), room - (isFrozen ? 2 : 0));
		const text = isFrozen ? `❄ ${name}` : name;
		const middle = centre(lane, lanes.length, measures);
		names.put(middle - Math.floor(widthOf(text) / 2), text, isFrozen ? 'ice' : 'strong');
		const number = party.startsWith(':') ? shortName(party, room) : '';
		numbers.put(middle - Math.floor(widthOf(number) / 2), number, 'dim');
	}
	return [names.row(), numbers.row()];
}

/** One message as an arrow between the lifelines. */
export function arrowRow(
	line: DiagramLine,
	lanes: readonly string[],
	feed: TrafficFeed,
	measures: Measures,
): Row {
	const canvas = new Canvas(measures.right);
	const at = (lane: number) => centre(lane, lanes.length, measures);
	for (const lane of lanes.keys()) {
		const [text, tone] = lifeline(line.frozen.has(lane), line.busy.has(lane));
		canvas.put(at(lane), text, tone);
	}
	if (!line.arrow) return canvas.row();
	const {message} = line.arrow;
	canvas.put(0, formatTime(message.at, measures.precise), 'dim');
	drawArrow(canvas, line.arrow, at, subject(message, feed), measures);
	return fitRow([...canvas.row(), ...rightEnd(message, feed)], measures.width);
}

function lifeline(frozen: boolean, busy: boolean): readonly [string, Tone] {
	if (frozen) return ['┊', 'ice'];
	return busy ? ['┃', 'accent'] : ['│', 'dim'];
}

interface Look {
	line: string;
	/** Of the line and of the label. */
	tone: Tone;
}

const looks: Record<Arrow['message']['type'], Look> = {
	call: {line: '─', tone: 'call'},
	return: {line: '╌', tone: 'good'},
	error: {line: '╌', tone: 'bad'},
	signal: {line: '┄', tone: 'signal'},
};

function drawArrow(
	canvas: Canvas,
	{message, from, to}: Arrow,
	at: (lane: number) => number,
	label: string,
	measures: Measures,
): void {
	const {line, tone} = looks[message.type];
	const start = at(from);
	const ends = to.filter((lane) => lane !== from).map(at);
	const low = Math.min(start, ...ends);
	const high = Math.max(start, ...ends);
	canvas.fill(low + 1, high, line, tone);
	for (const end of ends) canvas.put(end > start ? end - 1 : end + 1, end > start ? '▶' : '◀', tone);
	canvas.put(start, startSign(message.type, ends.length === 0, to.includes(from)), tone);
	putLabel(canvas, label, {low, high}, tone, measures);
}

function startSign(type: Arrow['message']['type'], goesNowhere: boolean, toItself: boolean): string {
	if (goesNowhere && toItself) return '↺';
	return type === 'signal' ? '◆' : '●';
}

/** Within the arrow where it fits, else where most of it does. */
function putLabel(
	canvas: Canvas,
	label: string,
	{low, high}: {low: number; high: number},
	tone: Tone,
	{left, right}: Measures,
): void {
	const wanted = widthOf(label);
	const places = [
		// One space at each end, and the line must still be seen.
		{
			room: high - low - 7,
			put: (text: string) =>
				canvas.put(low + 3 + Math.floor((high - low - 6 - widthOf(text)) / 2), ` ${text} `, tone),
		},
		{room: right - high - 3, put: (text: string) => canvas.put(high + 2, text, tone)},
		{room: low - left - 2, put: (text: string) => canvas.put(low - 1 - widthOf(text), text, tone)},
	];
	const fits = places.find(({room}) => room >= wanted);
	const widest = places.reduce((best, place) => (place.room > best.room ? place : best));
	(fits ?? widest).put(cut(label, (fits ?? widest).room));
}
