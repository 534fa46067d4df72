import type {LineSeries} from '../../offscreen.js';
import {type Span, span} from '../../spans.js';
import {formatTime, sparkline} from '../../text.js';
import type {Tone} from '../../theme.js';
import {type Mark, markSign} from '../marks.js';
import {Canvas} from '../sequence/canvas.js';
import {type Kind, kinds, type Tally} from './tally.js';
import {steps} from './timeline.js';

/** Dots left of a line chart's first point; room for the numbers at its side. */
const sideDots = 12;
/** Of blessed-contrib's own, right of that. */
const gapDots = 2;
/** With fewer points a chart of what has just begun would look like much. */
const fewestSteps = 20;

export const lineOptions = (rows: number): object => ({
	style: {text: 'white', baseline: 'white'},
	numYLabels: Math.max(2, Math.floor(rows / 3)),
	wholeNumbersOnly: true,
	abbreviate: true,
	xPadding: sideDots,
	xLabelPadding: 3,
});

const colours: Record<Kind, string> = {calls: 'cyan', signals: 'magenta', errors: 'red'};
export const kindTones: Record<Kind, Tone> = {calls: 'accent', signals: 'signal', errors: 'bad'};

/** Milliseconds between which answers are counted together. */
export const latencyClasses = [0.1, 1, 10, 100, 1000];

/** How many of the newest steps a chart of `columns` shows: since the first message, a few at least. */
function shownSteps(tally: Tally, now: number, columns: number): number {
	const {since = now, timeline} = tally;
	const room = Math.min(steps - 1, Math.max(columns - sideDots, fewestSteps));
	return Math.min(room, Math.max(Math.ceil((now - since) / timeline.stepMs), fewestSteps));
}

/** Rates over time, one line for each kind. A kind that never was has none. */
export function rateSeries(tally: Tally, now: number, columns: number, isCapture: boolean): LineSeries[] {
	const {stepMs} = tally.timeline;
	const series = kinds.map((kind) => ({kind, y: tally.timeline.perSecond(kind, now)}));
	const count = shownSteps(tally, now, columns);
	const x = Array.from({length: count}, (_, i) => {
		const before = (count - 1 - i) * stepMs;
		return isCapture ? formatTime(now - before, false) : `-${Math.round(before / 1000)}s`;
	});
	return series
		.filter(({kind, y}) => kind === 'calls' || y.some((value) => value > 0))
		.map(({kind, y}) => ({title: '', x, y: y.slice(-count), style: {line: colours[kind]}}));
}

/** A row below the chart of rates with the signs of freezes and thaws at their time. */
export function marksRow(tally: Tally, marks: readonly Mark[], now: number, columns: number): Span[] {
	const {stepMs} = tally.timeline;
	const count = shownSteps(tally, now, columns);
	// As blessed-contrib places a point: see `getXPixel` of its line chart.
	const dots = (columns + 5) * 2 - 12;
	const canvas = new Canvas(columns);
	for (const mark of marks) {
		const point = count - (now - mark.at) / stepMs;
		if (point < 0) continue;
		const x = ((dots - sideDots) / count) * point + sideDots + gapDots;
		const {text, tone} = markSign(mark);
		canvas.put(Math.min(Math.floor(x / 2), columns - 1), text, tone);
	}
	return canvas.row();
}

/** How many answers took how long. */
export function latencyBars(tally: Tally): {titles: string[]; data: number[]} {
	const titles = [...latencyClasses.map((limit) => (limit < 1000 ? `<${limit}` : '<1s')), '≥1s'];
	return {titles, data: tally.latency.classes(latencyClasses)};
}

export function barOptions(columns: number): object {
	const spacing = Math.floor(columns / (latencyClasses.length + 1));
	return {
		barWidth: Math.max(spacing - 3, 1),
		barSpacing: spacing,
		xOffset: 0,
		maxHeight: 1,
		barBgColor: 'cyan',
	};
}

/** The newest rates in words: the legend of the chart. */
export function legend(
	tally: Tally,
	now: number,
	name: (kind: Kind) => string,
	rate: (value: number) => string,
): Span[] {
	return kinds.map((kind) => {
		const [last = 0] = tally.timeline.perSecond(kind, now).slice(-1);
		return span(`${name(kind)} ${rate(last)}  `, kindTones[kind]);
	});
}

/** All of that in one row, where there is no room for a chart: a bar for each step, the marks above them. */
export function sparkRow(tally: Tally, marks: readonly Mark[], now: number, columns: number): Span[] {
	const rates = kinds.map((kind) => tally.timeline.perSecond(kind, now).slice(-columns));
	const sums = (rates[0] ?? []).map((_, i) => rates.reduce((sum, rate) => sum + (rate[i] ?? 0), 0));
	const canvas = new Canvas(sums.length);
	canvas.put(0, sparkline(sums), 'accent');
	for (const mark of marks) {
		const {text, tone} = markSign(mark);
		const point = sums.length - (now - mark.at) / tally.timeline.stepMs;
		if (point >= 0) canvas.put(Math.min(Math.floor(point), sums.length - 1), text, tone);
	}
	return canvas.row();
}
