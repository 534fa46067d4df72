import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {filterFooter} from '../components/filter-footer.js';
import {frameColumns, frameRows, Pane} from '../components/Pane.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {useTrafficTick} from '../hooks/use-traffic.js';
import {fitRow, type Row, span} from '../spans.js';
import {trafficRow} from './message-row.js';

/** What the bus delivers, newest at the bottom. Formats only the rows that are seen. */
export function TrafficPane({width, height}: {width: number; height: number}) {
	const {traffic, port, metrics} = useScreen().controller;
	const state = useScreenState();
	useTrafficTick();
	const text = messages().screen.traffic;
	const inner = width - frameColumns;
	const room = height - frameRows;
	metrics.traffic = room;
	traffic.setFilter(state.filters.traffic);
	const {messageCursor: cursor, pausedAt} = state;
	const {rows: shown, below} = traffic.window(room, cursor?.bottom ?? null, pausedAt);
	const focused = state.focus === 'traffic' && !state.modal;
	const rows = shown.map(({index, message}): Row => {
		const row = message ? trafficRow(message, port.traffic, inner) : [span(text.gone, 'dim')];
		if (index !== cursor?.index) return row;
		return fitRow(row, inner, focused ? 'selected' : 'selected-idle');
	});
	const status = port.traffic.status();
	if (status.mode === 'off') rows.push([span(text.off(escapeText(status.reason ?? '')), 'bad')]);
	else if (rows.length === 0) rows.push([span(state.filters.traffic ? text.noMatch : text.none, 'dim')]);
	const corner =
		pausedAt !== null
			? [span(`⏸ ${text.paused(below)}`, 'warn')]
			: cursor
				? [span(text.scrolled(below, focused ? 'G' : 'esc'), 'accent')]
				: [];
	return (
		<Pane
			title={[span(text.title, focused ? 'accent' : 'strong')]}
			corner={corner}
			footer={filterFooter(state, 'traffic')}
			rows={rows.slice(-room)}
			width={width}
			height={height}
			focused={focused}
		/>
	);
}
