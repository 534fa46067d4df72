import {Box} from 'ink';
import {useEffect, useMemo} from 'react';
import {messages} from '../../i18n/index.js';
import {Chart} from '../components/Chart.js';
import {filterFooter} from '../components/filter-footer.js';
import {frameColumns, frameRows, Pane} from '../components/Pane.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {useRates} from '../hooks/use-traffic.js';
import {justify, type Row, rowWidth, span} from '../spans.js';
import {formatBytes, formatCount, formatTime} from '../text.js';
import {withGaps} from './marks.js';
import {
	barOptions,
	latencyBars,
	legend,
	lineOptions,
	marksRow,
	rateSeries,
	sparkRow,
} from './statistics/charts.js';
import {StatisticsScan} from './statistics/scan.js';
import {memberRows, talkerRows} from './statistics/table.js';
import type {Tally} from './statistics/tally.js';
import {viewTitle} from './view-title.js';

/** Below this a pane has no room for charts beside the figures. */
const rowsForCharts = 16;
/** From here on the talkers stand beside the members. */
const columnsForTwo = 150;
const talkerColumns = 56;

/** The messages in figures: rates, latencies, errors, who talks most. Counted only while it is looked at. */
export function StatisticsPane({width, height}: {width: number; height: number}) {
	const {clock, controller} = useScreen();
	const {port, traffic, metrics} = controller;
	const state = useScreenState();
	// The figures are drawn once a second: faster they cannot be read.
	useRates();
	const scan = useMemo(() => new StatisticsScan(port.traffic), [port]);
	useEffect(() => clock.attach(() => void scan.advance(traffic.query)), [clock, scan, traffic]);
	traffic.setFilter(state.filters.traffic, state.traffic.saved);

	const {tally} = scan;
	tally.forgetNames();
	const now = port.traffic.now();
	const isCapture = port.traffic.status().mode === 'capture';
	const {order, scroll} = state.traffic;
	const marks = withGaps(state.traffic.marks, port.traffic.gaps(), now);
	const inner = width - frameColumns;
	const room = height - frameRows;
	const charts = room >= rowsForCharts ? Math.min(Math.max(Math.floor(room * 0.36), 6), 14) : 0;
	const chartColumns = Math.floor(inner * 0.62);
	const barColumns = inner - chartColumns - 2;

	const above: Row[] = [
		summaryRow(tally, scan.progress, inner),
		...(charts > 0
			? chartFrame(tally, marks, now, charts, chartColumns, inner)
			: [sparkLine(tally, marks, now, inner)]),
	];
	const tableRoom = room - above.length;
	const table = tableRows(tally, order, now, inner, tableRoom);
	const maxScroll = Math.max(table.rows.length - (tableRoom - 1), 0);
	metrics.statistics = {height: tableRoom - 1, maxScroll};
	const from = Math.min(scroll, maxScroll);
	const shown = table.rows.slice(from, from + tableRoom - 1);
	const focused = state.focus === 'traffic' && !state.modal;

	const line = useMemo(() => lineOptions(charts), [charts]);
	const bars = useMemo(() => barOptions(barColumns), [barColumns]);
	return (
		<Box width={width} height={height}>
			<Pane
				title={viewTitle(state, focused, width)}
				corner={maxScroll > 0 ? [span(`${from + 1}/${table.rows.length}`, 'dim')] : []}
				footer={filterFooter(state, 'traffic', width)}
				rows={[...above, table.head, ...shown]}
				width={width}
				height={height}
				focused={focused}
			/>
			{charts > 0 && (
				<Chart
					kind="line"
					left={2}
					top={3}
					columns={chartColumns}
					rows={charts}
					options={line}
					data={rateSeries(tally, now, chartColumns, isCapture)}
				/>
			)}
			{charts > 0 && (
				<Chart
					kind="bar"
					left={2 + chartColumns + 2}
					top={3}
					columns={barColumns}
					rows={charts}
					options={bars}
					data={latencyBars(tally)}
				/>
			)}
		</Box>
	);
}

function summaryRow(tally: Tally, progress: number, width: number): Row {
	const text = messages().screen.statistics;
	const left = [
		text.messages(formatCount(tally.messages)),
		formatBytes(tally.bytes),
		text.calls(formatCount(tally.calls)),
		text.replies(formatCount(tally.replies)),
		text.signals(formatCount(tally.signals)),
	].join(' · ');
	const errors = tally.errors > 0 ? [span(' · '), span(text.errors(formatCount(tally.errors)), 'bad')] : [];
	const since = tally.since === undefined ? '' : text.since(formatTime(tally.since, false));
	const right = progress < 1 ? text.counting(Math.floor(progress * 100)) : since;
	return justify([span(left), ...errors], [span(` ${right}`, 'dim')], width);
}

/** The newest rates, and how they came to be. */
function sparkLine(tally: Tally, marks: Parameters<typeof marksRow>[1], now: number, width: number): Row {
	const text = messages().screen.statistics;
	const rates = legend(tally, now, (kind) => text.kinds[kind], formatCount);
	const left = [span(`${text.perSecond}  `, 'dim'), ...rates];
	return justify(left, sparkRow(tally, marks, now, Math.max(width - rowWidth(left) - 1, 0)), width);
}

/** What stands around the charts: their titles, room, and the marks below the one of the rates. */
function chartFrame(
	tally: Tally,
	marks: Parameters<typeof marksRow>[1],
	now: number,
	rows: number,
	columns: number,
	width: number,
): Row[] {
	const text = messages().screen.statistics;
	const rates = legend(tally, now, (kind) => text.kinds[kind], formatCount);
	const titles = justify([span(`${text.perSecond}  `, 'dim'), ...rates], [], columns + 2);
	return [
		[...titles, span(text.latency, 'dim')],
		...Array.from({length: rows}, () => []),
		justify(marksRow(tally, marks, now, columns), [], width),
	];
}

/** The tables: beside each other where there is room, else one below the other. */
function tableRows(
	tally: Tally,
	order: Parameters<typeof memberRows>[1],
	now: number,
	width: number,
	room: number,
): {head: Row; rows: readonly Row[]} {
	if (width < columnsForTwo) {
		const [head = [], ...members] = memberRows(tally, order, now, width);
		return {head, rows: [...members, [], ...talkerRows(tally, order, now, width)]};
	}
	const left = width - talkerColumns - 3;
	const members = memberRows(tally, order, now, left);
	const talkers = talkerRows(tally, order, now, talkerColumns).slice(0, room);
	const count = Math.max(members.length, talkers.length);
	const [head = [], ...rows] = Array.from({length: count}, (_, i) =>
		justify(
			[...(members[i] ?? [])],
			[span(' │ ', 'dim'), ...(talkers[i] ?? [span(' '.repeat(talkerColumns))])],
			width,
		),
	);
	return {head, rows};
}
