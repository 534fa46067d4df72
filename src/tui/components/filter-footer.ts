import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {type Row, span} from '../spans.js';
import type {FilterPane, ScreenState} from '../state/state.js';

/** The pane's filter in its lower edge; with a cursor while it is typed. */
export function filterFooter(state: ScreenState, pane: FilterPane): Row {
	const text = messages().screen.filter;
	const editing = state.editing?.pane === pane;
	const filter = state.filters[pane];
	if (!editing && !filter) return [];
	return [
		span(text.shown(escapeText(filter)), editing ? 'strong' : 'warn'),
		...(editing ? [span(' ', 'selected')] : []),
	];
}
