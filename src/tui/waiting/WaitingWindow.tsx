import {Box} from 'ink';
import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {LineChart} from '../components/LineChart.js';
import {frameColumns, frameRows, Pane} from '../components/Pane.js';
import {useScreen} from '../hooks/use-screen.js';
import type {Layout} from '../layout.js';
import {isFrozen, type SessionView} from '../session-view.js';
import {type Row, span} from '../spans.js';
import {listRows} from './list-rows.js';
import {summaryRows} from './summary-rows.js';
import {titleOf} from './target.js';
import {useArrivals} from './use-arrivals.js';
import {useWaitingPage} from './use-waiting-page.js';

const chartRows = 9;
/** Where the list still has room beside the chart. */
const roomForChart = {columns: 110, rows: 32};
/** Lines beyond the view that are fetched with it, for the next step down. */
const ahead = 10;

/** All that waits for one service: how much, under which policy, and the messages one by one, the first to be delivered on top. */
export function WaitingWindow({view, scroll, layout}: {view: SessionView; scroll: number; layout: Layout}) {
	const {metrics, port} = useScreen().controller;
	const {rates, now} = useArrivals(view);
	const text = messages().screen;
	const [width, height] = [layout.columns, layout.rows - 2];
	const inner = width - frameColumns;
	const isWide = isFrozen(view) && layout.columns >= roomForChart.columns && layout.rows >= roomForChart.rows;
	const chartColumns = isWide ? Math.floor(inner * 0.45) : 0;
	const summary: Row[] = [...summaryRows(view, now, inner - chartColumns - (isWide ? 2 : 0)), []];
	while (isWide && summary.length < chartRows + 1) summary.push([]);
	const room = Math.max(height - frameRows - summary.length - 1, 0);
	const page = useWaitingPage(view, scroll, room + ahead);
	metrics.modal.height = room;
	metrics.modal.maxScroll = Math.max(page.total - room, 0);
	const from = Math.min(scroll, metrics.modal.maxScroll);
	const several = new Set(view.session.connections.map(({uniqueName}) => uniqueName)).size > 1;
	const listed = isFrozen(view) ? listRows(page, from, room, port.traffic, inner, several) : [];
	const corner =
		listed.length > 0 && page.total > room
			? [span(text.details.more(from + 1, Math.min(from + room, page.total), page.total), 'dim')]
			: [];
	return (
		<Box position="absolute" marginTop={1} width={width} height={height}>
			<Pane
				title={[span(text.waiting.title, 'strong'), span(`  ${escapeText(titleOf(view))}`)]}
				corner={corner}
				rows={[...summary, ...listed]}
				width={width}
				height={height}
				focused
				opaque
				tone="accent"
			/>
			{isWide && (
				<LineChart
					values={rates}
					left={2 + inner - chartColumns}
					top={1}
					columns={chartColumns}
					rows={chartRows}
				/>
			)}
		</Box>
	);
}
