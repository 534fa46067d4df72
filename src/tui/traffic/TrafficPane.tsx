import {useMemo} from 'react';
import {messages} from '../../i18n/index.js';
import {filterFooter} from '../components/filter-footer.js';
import {frameColumns, frameRows, Pane} from '../components/Pane.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {fitRow, type Row, span} from '../spans.js';
import {markRow} from './marks.js';
import {isPrecise, trafficRow} from './message-row.js';
import {useMessageWindow} from './use-window.js';
import {viewTitle} from './view-title.js';

/** What the bus delivers, newest at the bottom. Formats only the rows that are seen. */
export function TrafficPane({width, height}: {width: number; height: number}) {
	const {port} = useScreen().controller;
	const state = useScreenState();
	const inner = width - frameColumns;
	const room = height - frameRows;
	const {entries, remarks, corner, focused, chosen} = useMessageWindow(room);
	const rows = useMemo(
		() =>
			entries.map(({item, mark}): Row => {
				if (mark) return markRow(mark, inner, isPrecise(inner));
				const {index, message} = item;
				const row = message
					? trafficRow(message, port.traffic, inner)
					: [span(messages().screen.traffic.gone, 'dim')];
				// Fitted here, so that an unchanged row is known as such.
				const tone = focused ? 'selected' : 'selected-idle';
				return fitRow(row, inner, index === chosen ? tone : undefined);
			}),
		[entries, port, inner, chosen, focused],
	);
	return (
		<Pane
			title={viewTitle(state, focused, width)}
			corner={corner}
			footer={filterFooter(state, 'traffic', width)}
			rows={[...rows, ...remarks].slice(-room)}
			width={width}
			height={height}
			focused={focused}
		/>
	);
}
