import {messages} from '../../i18n/index.js';
import {type Row, span} from '../spans.js';
import type {ScreenState} from '../state/state.js';
import type {TrafficViewKind} from '../state/traffic.js';

const views: ReadonlyArray<readonly [string, TrafficViewKind]> = [
	['1', 'list'],
	['2', 'sequence'],
	['3', 'statistics'],
];

/** The pane's title, and the views to choose from where there is room. */
export function viewTitle({traffic}: ScreenState, focused: boolean, width: number): Row {
	const text = messages().screen.traffic;
	const title = span(text.title, focused ? 'accent' : 'strong');
	if (width < 72) return [title];
	return [
		title,
		span('  '),
		...views.flatMap(([key, view]) => [
			span(` ${key} ${text.views[view]} `, traffic.view === view ? 'strong' : 'dim'),
		]),
	];
}
