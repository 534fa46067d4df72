import {escapeText} from '../../common/escape.js';
import type {Difference} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import type {Block} from '../evidence/sections.js';
import {reasonText, valueText} from '../explain.js';
import {type Row, span} from '../spans.js';
import type {Comparison} from '../state/state.js';
import {cut, wrap} from '../text.js';
import {marks, tableRows} from './context-rows.js';

const order = {broken: 0, changed: 1, expected: 2} as const;

/** The verdict on top, what matters first, then the places of threads and connections side by side. */
export function differenceBlocks(comparison: Comparison, width: number): Block[] {
	const text = messages().screen.diff;
	const heads = (...rows: Row[]): Block[] => [{path: '', rows}];
	if (comparison.before === comparison.after) return heads([span(text.same, 'warn')]);
	const {differences} = comparison;
	if (!differences) return heads([span(text.missing, 'warn')]);
	const count = (kind: keyof typeof order) =>
		differences.filter((difference) => difference.class === kind).length;
	const grave = count('changed') + count('broken');
	const verdict = grave === 0 ? span(text.preserved, 'good') : span(text.notPreserved(grave), 'bad');
	return [
		...heads([verdict], [span(text.counts(count('expected'), count('changed'), count('broken')), 'dim')], []),
		...(differences.length === 0 ? heads([span(text.nothing, 'dim')]) : []),
		...[...differences]
			.sort((a, b) => order[a.class] - order[b.class])
			.map((difference) => ({path: difference.path, rows: differenceRows(difference, width)})),
		...heads([], ...tableRows(comparison, width, 'places')),
	];
}

function differenceRows(difference: Difference, width: number): Row[] {
	const [mark, tone] = marks[difference.class];
	const column = Math.floor((width - 7) / 2);
	const [before, after] = [valueText(difference.before), valueText(difference.after)];
	const why = wrap(reasonText(difference.reason, difference.params), width - 4);
	return [
		[span(`${mark} `, tone), span(escapeText(difference.path), 'strong')],
		[span(`    ${cut(before, column)} → ${cut(after, column)}`)],
		...why.map((line): Row => [span(`    ${line}`, tone)]),
	];
}
