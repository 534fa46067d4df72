import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {progressText} from '../explain.js';
import {activeSession, frozenServices, shownStage} from '../selectors.js';
import {isUnderWay, type SessionView, type StageCell, stageCells} from '../session-view.js';
import {fitRow, type Row, rowWidth, type Span, span} from '../spans.js';
import type {ScreenState} from '../state/state.js';
import {formatMs, shortName} from '../text.js';
import type {Tone} from '../theme.js';
import {frozenAdvice, preservedAdvice} from '../waiting/advice.js';

const signs: Record<StageCell['status'], readonly [string, Tone]> = {
	done: ['✔', 'good'],
	waiting: ['◉', 'warn'],
	running: ['◌', 'accent'],
	pending: ['○', 'dim'],
	aborted: ['■', 'warn'],
	failed: ['✖', 'bad'],
};

/** `Stages  ✔ hold 1 ms ─ ◉ post-dump · commit point ─ ○ frozen`, with the shown stage always in view. */
export function stageBar(state: ScreenState, width: number): Row {
	const text = messages().screen.stages;
	const focused = state.focus === 'stages' && !state.modal;
	const title = span(` ${text.title}  `, focused ? 'accent' : 'strong');
	const view = activeSession(state);
	if (!view) return fitRow([title, span(text.none, 'dim')], width);
	const cells = stageCells(view);
	const shown = shownStage(state, view);
	const pieces = cells.map((cell, i) => piece(cell, i === shown && (focused || state.stageCursor !== null)));
	return fitRow([title, ...windowed(pieces, shown, width - rowWidth([title]) - 1)], width);
}

function piece(cell: StageCell, looked: boolean): Row {
	const text = messages().screen.stages;
	const [sign, tone] = signs[cell.status];
	const name = cell.name === 'frozen' ? messages().screen.connections.frozen : escapeText(cell.name);
	const time = cell.ms === undefined ? '' : ` ${formatMs(cell.ms)}`;
	const heavy = cell.status === 'waiting' || cell.status === 'failed' || cell.status === 'aborted';
	return [
		span(
			`${cell.name === 'frozen' && cell.status === 'done' ? '❄' : sign} `,
			cell.name === 'frozen' && cell.status === 'done' ? 'ice' : tone,
		),
		span(name, looked ? 'selected' : heavy ? tone : cell.status === 'pending' ? 'dim' : 'plain'),
		span(time, 'dim'),
		...(cell.commitPoint ? [span(` · ${text.commitPoint}`, cell.status === 'waiting' ? 'warn' : 'dim')] : []),
	];
}

const joint = span(' ─ ', 'dim');

/** As many whole pieces as fit, around the one that must be seen: what comes next before what has been. */
function windowed(pieces: readonly Row[], shown: number, width: number): Span[] {
	const widths = pieces.map((row) => rowWidth(row));
	const total = (from: number, to: number) =>
		widths.slice(from, to).reduce((sum, wide) => sum + wide + 3, -3) +
		(from > 0 ? 2 : 0) +
		(to < pieces.length ? 2 : 0);
	let [from, to] = [shown, shown + 1];
	for (let grown = true; grown; ) {
		grown = false;
		if (to < pieces.length && total(from, to + 1) <= width) [to, grown] = [to + 1, true];
		if (from > 0 && total(from - 1, to) <= width) [from, grown] = [from - 1, true];
	}
	const inside = pieces.slice(from, to).flatMap((row, i) => (i === 0 ? [...row] : [joint, ...row]));
	return [
		...(from > 0 ? [span('… ', 'dim')] : []),
		...inside,
		...(to < pieces.length ? [span(' …', 'dim')] : []),
	];
}

/** What is going on and what to do next, in one sentence. */
export function adviceRow(state: ScreenState, width: number): Row {
	const [sentence, tone] = advice(state, width);
	return fitRow([span(' '), span(sentence, tone)], width);
}

/** Short enough that the sentence around it fits into 80 columns. */
const nameOf = ({session}: SessionView, width: number): string =>
	shortName(session.names[0] ?? session.comm, nameWidth(width));

const nameWidth = (width: number): number => (width >= 100 ? 40 : 20);

function advice(state: ScreenState, width: number): readonly [string, Tone] {
	const text = messages().screen;
	const view = activeSession(state);
	if (state.opening) return [text.advice.opening, 'accent'];
	if (!view) {
		const [first] = frozenServices(state);
		if (first)
			return [
				text.advice.frozenElsewhere(shortName(first.names[0] ?? first.uniqueName, nameWidth(width))),
				'ice',
			];
		return [state.readOnly ? text.advice.chooseReadOnly : text.advice.choose, 'dim'];
	}
	if (state.stageCursor !== null) {
		const name = stageCells(view)[shownStage(state, view)]?.name ?? '';
		return [`${text.stages.lookingAt(escapeText(name))}: ${explain(name)}`, 'accent'];
	}
	const gate = view.session.waitingAt;
	if (gate && !view.ended) return [explain(gate.name), gate.commitPoint ? 'warn' : 'plain'];
	return outcome(view, width);
}

function explain(stage: string): string {
	const {explain: known, noExplanation} = messages().screen.stages;
	return known[stage] ?? noExplanation;
}

function outcome(view: SessionView, width: number): readonly [string, Tone] {
	const text = messages().screen.advice;
	const name = nameOf(view, width);
	const {phase, progress, fault, thaw} = view.session;
	if (isUnderWay(view)) {
		const busy = phase === 'thawing' ? text.busyThaw(name) : text.busyFreeze(name);
		return [progress ? `${busy} ${progressText(progress)}` : busy, 'accent'];
	}
	if (fault?.code === 'aborted' && phase === 'frozen') return [text.thawAborted(name), 'ice'];
	if (fault && phase !== 'aborted') return [text.failed(name), 'bad'];
	switch (phase) {
		case 'frozen':
			return view.ended ? [text.detached(name), 'warn'] : frozenAdvice(view, name, width);
		case 'thawed': {
			if (!thaw) return [text.leftRunning(name), 'good'];
			const changed = thaw.verdict.differences.filter(({class: kind}) => kind !== 'expected').length;
			return thaw.verdict.preserved
				? preservedAdvice(view, name)
				: [text.thawedChanged(name, changed), 'bad'];
		}
		case 'aborted':
			return [text.aborted(name), 'good'];
		default:
			return [text.detached(name), 'warn'];
	}
}
