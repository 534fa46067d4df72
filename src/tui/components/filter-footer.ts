import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {type Row, span} from '../spans.js';
import type {FilterPane, ScreenState} from '../state/state.js';
import {cut, cutStart} from '../text.js';

/** Corners, spaces and the cursor. */
const frameWidth = 8;

/** The pane's filter in its lower edge; with a cursor while it is typed. */
export function filterFooter(state: ScreenState, pane: FilterPane, width: number): Row {
	const text = messages().screen.filter;
	// The name of a filter is typed where the filter stands.
	const naming = pane === 'traffic' && state.editing?.pane === 'name';
	const editing = naming || state.editing?.pane === pane;
	const filter = state.filters[naming ? 'name' : pane];
	if (!editing && !filter) return [];
	const shown = naming ? text.naming(escapeText(filter)) : text.shown(escapeText(filter));
	// While it is typed, its end is what must be seen.
	const room = width - frameWidth;
	return [
		span(editing ? cutStart(shown, room) : cut(shown, room), editing ? 'strong' : 'warn'),
		...(editing ? [span(' ', 'selected')] : []),
	];
}
