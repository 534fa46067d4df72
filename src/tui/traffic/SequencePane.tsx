import {useMemo} from 'react';
import {messages} from '../../i18n/index.js';
import {filterFooter} from '../components/filter-footer.js';
import {frameColumns, frameRows, Pane} from '../components/Pane.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {frozenServices} from '../selectors.js';
import {fitRow, type Row, span} from '../spans.js';
import {markRow} from './marks.js';
import {layDiagram} from './sequence/diagram.js';
import {arrowRow, headRows, measure, mostLanes} from './sequence/draw.js';
import {Lanes} from './sequence/lanes.js';
import {useMessageWindow} from './use-window.js';
import {viewTitle} from './view-title.js';

/** Rows that say who the columns are. */
const headHeight = 2;

/** The messages as a diagram: a column for each service, an arrow for each message, time going down. */
export function SequencePane({width, height}: {width: number; height: number}) {
	const {port} = useScreen().controller;
	const state = useScreenState();
	const lanes = useMemo(() => new Lanes(), []);
	const text = messages().screen.traffic;
	const inner = width - frameColumns;
	const room = height - frameRows - headHeight;
	const {entries, remarks, corner, focused, chosen} = useMessageWindow(room);
	const measures = measure(inner);
	const feed = port.traffic;
	const diagram = layDiagram(entries, feed, state.traffic.marks, lanes, mostLanes(measures));
	const rows = diagram.lines.map((line): Row => {
		const {mark, item} = line.entry;
		if (mark) return markRow(mark, inner, measures.precise);
		const row = item.message ? arrowRow(line, diagram.lanes, feed, measures) : [span(text.gone, 'dim')];
		return item.index === chosen ? fitRow(row, inner, focused ? 'selected' : 'selected-idle') : row;
	});
	const frozen = new Set(frozenServices(state).map(({uniqueName}) => uniqueName));
	return (
		<Pane
			title={viewTitle(state, focused, width)}
			corner={corner}
			footer={filterFooter(state, 'traffic', width)}
			rows={[
				...headRows(diagram, feed, frozen, text.others, measures),
				...[...rows, ...remarks].slice(-room),
			]}
			width={width}
			height={height}
			focused={focused}
		/>
	);
}
