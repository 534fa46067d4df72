import {escapeText} from '../../common/escape.js';
import {type ContextLine, contextLines} from '../../context/lines.js';
import type {DifferenceClass} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {momentText} from '../../i18n/reason.js';
import {labelText, reasonText, warningText} from '../explain.js';
import {faultSentences} from '../fault-text.js';
import type {SessionView} from '../session-view.js';
import {type Row, type Span, span} from '../spans.js';
import type {Comparison} from '../state/state.js';
import {pad, wrap} from '../text.js';
import type {Tone} from '../theme.js';

export const marks: Record<DifferenceClass | 'same', readonly [string, Tone]> = {
	same: ['═', 'good'],
	expected: ['≈', 'accent'],
	changed: ['≠', 'warn'],
	broken: ['✖', 'bad'],
};

/** What the context pane says of the session: failure first, then threads, connections, the rest. */
export function contextRows(view: SessionView, comparison: Comparison | undefined, width: number): Row[] {
	const {moments, warnings, portableBecause} = view.session;
	const text = messages().screen.context;
	const rows: Row[] = [...failureRows(view, width)];
	const shown = comparison?.checkpoint === view.checkpoint ? comparison : undefined;
	if (shown?.left) rows.push(...tableRows(shown, width));
	else rows.push([span(moments.length > 0 ? text.loading : text.none, 'dim')]);
	if (shown?.left && moments.length < 2) rows.push([span(text.only(momentText(shown.before)), 'dim')]);
	rows.push(...heldRows(view, width), ...unitRows(view, width));
	for (const warning of warnings) rows.push(...labelled(text.warnings, warningText(warning), width, 'warn'));
	if (portableBecause.length > 0) {
		rows.push(...labelled(text.notPortable, escapeText(portableBecause.join('; ')), width, 'dim'));
	}
	return rows;
}

function failureRows({session}: SessionView, width: number): Row[] {
	if (!session.fault) return [];
	const {message, state, hint} = faultSentences(session.fault);
	const tone: Tone = session.fault.code === 'aborted' ? 'warn' : 'bad';
	return [
		...wrap(message, width).map((line) => [span(line, tone)]),
		...wrap(state, width).map((line) => [span(line, session.process === 'lost' ? 'bad' : 'strong')]),
		...wrap(hint, width).map((line) => [span(line)]),
	];
}

function heldRows({session}: SessionView, width: number): Row[] {
	// Let go of, once the process runs again.
	if (session.process === 'running' && session.phase !== 'freezing') return [];
	const {held} = messages().screen.context;
	const items = session.held.map(({fd, kind, peer}) => (fd < 0 ? peer : `fd ${fd} ${kind} ⇄ ${peer}`));
	return items.length === 0 ? [] : labelled(held, escapeText(items.join(', ')), width, 'dim');
}

function unitRows({session: {unit}}: SessionView, width: number): Row[] {
	if (!unit) return [];
	const {label, changes} = messages().unit;
	const tone = unit.change === 'stopped' ? 'warn' : 'dim';
	return labelled(label, escapeText(changes[unit.change](unit.name, unit.pid)), width, tone);
}

const labelWidth = (width: number): number => (width >= 100 ? 28 : 22);

function labelled(label: string, sentence: string, width: number, tone: Tone): Row[] {
	const indent = labelWidth(width);
	return wrap(sentence, width - indent - 3).map((line, i) => [
		span(`${pad(i === 0 ? label : '', indent)}   `, tone),
		span(line),
	]);
}

/**
 * One row a line of the comparison; with one snapshot only, its values alone. `places` leaves out what is
 * listed because it differs, and keeps what is always listed: threads, connections.
 */
export function tableRows(
	{left, right, differences}: Comparison,
	width: number,
	which: 'all' | 'places' = 'all',
): Row[] {
	if (!left) return [];
	if (!right || !differences) {
		return contextLines(left, left, []).map((line) => [
			label(line, width),
			span(`   ${escapeText(line.before)}`),
		]);
	}
	return contextLines(left, right, differences)
		.filter((line) => which === 'all' || line.label.key !== 'detail')
		.map((line) => tableRow(line, width));
}

function label(line: ContextLine, width: number): Span {
	return span(pad(labelText(line.label), labelWidth(width)), 'dim');
}

/** `label  mark  before  after  why`; a narrow pane shows `after` only where it differs. */
function tableRow(line: ContextLine, width: number): Row {
	const [mark, tone] = marks[line.class];
	const why = line.reason === undefined ? '' : reasonText(line.reason, line.params);
	const [before, after] = [escapeText(line.before), escapeText(line.after)];
	const start = [label(line, width), span(` ${mark} `, tone)];
	if (width < 100) {
		const values = before === after || after === '' ? before : `${before} → ${after}`;
		return [...start, span(values), span(why && `  ${why}`, tone)];
	}
	const column = Math.min(Math.floor((width - labelWidth(width) - 4) * 0.33), 44);
	return [...start, span(`${pad(before, column)} ${pad(after, column)} `), span(why, tone)];
}
