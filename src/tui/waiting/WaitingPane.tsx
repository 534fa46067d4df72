import {Box} from 'ink';
import {messages} from '../../i18n/index.js';
import {LineChart} from '../components/LineChart.js';
import {frameColumns, frameRows, Pane} from '../components/Pane.js';
import type {SessionView} from '../session-view.js';
import {span} from '../spans.js';
import {summaryRows} from './summary-rows.js';
import {useArrivals} from './use-arrivals.js';

/** Fewer rows show no curve. */
const smallestChart = 5;

/** How the frozen service in the stage bar stands with the bus. */
export function WaitingPane({view, width, height}: {view: SessionView; width: number; height: number}) {
	const {rates, now} = useArrivals(view);
	const [columns, room] = [width - frameColumns, height - frameRows];
	const rows = summaryRows(view, now, columns);
	const chart = room - rows.length;
	return (
		<Box width={width} height={height}>
			<Pane
				title={[span(messages().screen.waiting.title, 'strong')]}
				rows={rows}
				width={width}
				height={height}
				focused={false}
			/>
			{chart >= smallestChart && (
				<LineChart values={rates} left={2} top={1 + rows.length} columns={columns} rows={chart} />
			)}
		</Box>
	);
}
