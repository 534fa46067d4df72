import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {reasonText, valueText} from '../explain.js';
import type {SessionView} from '../session-view.js';
import {type Row, span} from '../spans.js';
import type {Comparison} from '../state/state.js';
import {cut, wrap} from '../text.js';
import {marks, tableRows} from './context-rows.js';

const order = {broken: 0, changed: 1, expected: 2} as const;

/** The whole comparison: the verdict on top, what matters first, then everything side by side. */
export function diffRows(view: SessionView, comparison: Comparison | undefined, width: number): Row[] {
	const text = messages().screen.diff;
	if (!comparison || comparison.checkpoint !== view.checkpoint) return [[span(text.loading, 'dim')]];
	if (comparison.before === comparison.after) return [[span(text.same, 'warn')]];
	const {differences} = comparison;
	if (!differences) return [[span(text.missing, 'warn')]];
	const count = (kind: keyof typeof order) =>
		differences.filter((difference) => difference.class === kind).length;
	const grave = count('changed') + count('broken');
	const rows: Row[] = [
		[grave === 0 ? span(text.preserved, 'good') : span(text.notPreserved(grave), 'bad')],
		[span(text.counts(count('expected'), count('changed'), count('broken')), 'dim')],
		[],
	];
	if (differences.length === 0) rows.push([span(text.nothing, 'dim')]);
	for (const difference of [...differences].sort((a, b) => order[a.class] - order[b.class])) {
		const [mark, tone] = marks[difference.class];
		rows.push([span(`${mark} `, tone), span(escapeText(difference.path), 'strong')]);
		const column = Math.floor((width - 7) / 2);
		const before = valueText(difference.before);
		const after = valueText(difference.after);
		rows.push([span(`    ${cut(before, column)} → ${cut(after, column)}`)]);
		rows.push(
			...wrap(reasonText(difference.reason, difference.params), width - 4).map(
				(line): Row => [span(`    ${line}`, tone)],
			),
		);
	}
	return [...rows, [], ...tableRows(comparison, width, 'places')];
}
