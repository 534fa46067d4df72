import {useMemo} from 'react';
import {Chart} from './Chart.js';

interface LineChartProps {
	/** One a second, oldest first. */
	values: readonly number[];
	/** Where it lies over the pane that it belongs to. */
	left: number;
	top: number;
	columns: number;
	rows: number;
}

/** One value a second, the newest at the right, as blessed-contrib's line chart. */
export function LineChart({values, left, top, columns, rows}: LineChartProps) {
	const options = useMemo(
		() => ({
			style: {line: 'cyan', text: 'white', baseline: 'white'},
			numYLabels: Math.max(2, Math.floor(rows / 3)),
			wholeNumbersOnly: true,
			abbreviate: true,
			xPadding: 5,
			xLabelPadding: 3,
		}),
		[rows],
	);
	const data = useMemo(() => {
		const shown = values.slice(-Math.max(Math.floor(columns / 2), 10)).map(Math.round);
		const y = shown.length > 1 ? shown : [0, 0];
		const x = y.map((_, i) => (i === y.length - 1 ? '0' : `-${y.length - 1 - i}s`));
		return [{title: '', x, y, style: {line: 'cyan'}}];
	}, [values, columns]);
	return (
		<Chart kind="line" left={left} top={top} columns={columns} rows={rows} options={options} data={data} />
	);
}
