import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {savedNames} from '../commands/filtering.js';
import {fitRow, type Row, span} from '../spans.js';
import type {ScreenState} from '../state/state.js';
import {pad, widthOf} from '../text.js';

/** The saved filters, one a row, the chosen one marked. */
export function savedRows(state: ScreenState, chosen: number, width: number): Row[] {
	const names = savedNames(state);
	const text = messages().screen.filter;
	if (names.length === 0) return [[span(text.noneSaved, 'dim')]];
	const room = Math.min(Math.max(...names.map((name) => widthOf(escapeText(name)))), 24);
	return names.map((name, i) =>
		fitRow(
			[
				span(i === chosen ? '▸ ' : '  ', 'accent'),
				span(pad(`@${escapeText(name)}`, room + 1), 'strong'),
				span(`  ${escapeText(state.traffic.saved[name] ?? '')}`),
			],
			width,
			i === chosen ? 'selected' : undefined,
		),
	);
}
