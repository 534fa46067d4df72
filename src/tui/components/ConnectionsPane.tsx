import {messages} from '../../i18n/index.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {connectionNames} from '../rows/connection-names.js';
import {connectionRows} from '../rows/connection-rows.js';
import {connectionEntries, selectedEntry} from '../selectors.js';
import {fitRow, type Row, span} from '../spans.js';
import {filterFooter} from './filter-footer.js';
import {frameColumns, frameRows, Pane} from './Pane.js';

/** Who is on the bus, and who is frozen. */
export function ConnectionsPane({width, height}: {width: number; height: number}) {
	const {metrics} = useScreen().controller;
	const state = useScreenState();
	const text = messages().screen.connections;
	const entries = connectionEntries(state);
	const chosen = selectedEntry(state)?.uniqueName;
	const inner = width - frameColumns;
	const room = height - frameRows;
	// Two lines each while they all pad, or while at least eight do.
	const dense = room < 16 && entries.length * 2 > room;
	const visible = Math.max(Math.floor(room / (dense ? 1 : 2)), 1);
	metrics.connections = visible;
	const at = Math.max(
		entries.findIndex((entry) => entry.uniqueName === chosen),
		0,
	);
	const first = Math.max(0, Math.min(at - Math.floor(visible / 2), entries.length - visible));
	const names = connectionNames(entries, inner);
	const focused = state.focus === 'connections' && !state.modal;
	const rows = entries.slice(first, first + visible).flatMap((entry): Row[] => {
		const isChosen = entry.uniqueName === chosen;
		return connectionRows(entry, names.get(entry.uniqueName) ?? '', inner, isChosen, dense).map((row, i) =>
			isChosen && i === 0 ? fitRow(row, inner, focused ? 'selected' : 'selected-idle') : row,
		);
	});
	if (entries.length === 0) rows.push([span(state.filters.connections ? text.noMatch : text.none, 'dim')]);
	const position = entries.length > visible ? [span(`${at + 1}/${entries.length}`, 'dim')] : [];
	return (
		<Pane
			title={[span(text.title, focused ? 'accent' : 'strong')]}
			corner={position}
			footer={filterFooter(state, 'connections', width)}
			rows={rows}
			width={width}
			height={height}
			focused={focused}
		/>
	);
}
