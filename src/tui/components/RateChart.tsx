import {Box} from 'ink';
import {useMemo} from 'react';
import {messages} from '../../i18n/index.js';
import {useRates} from '../hooks/use-traffic.js';
import {span} from '../spans.js';
import {Chart} from './Chart.js';
import {frameColumns, frameRows, Pane} from './Pane.js';

/** Messages a second over the last minute or two, as blessed-contrib's line chart. */
export function RateChart({width, height}: {width: number; height: number}) {
	const rates = useRates();
	const [columns, rows] = [width - frameColumns, height - frameRows];
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
		const shown = rates.slice(-Math.max(Math.floor(columns / 2), 10)).map(Math.round);
		const y = shown.length > 1 ? shown : [0, 0];
		const x = y.map((_, i) => (i === y.length - 1 ? '0' : `-${y.length - 1 - i}s`));
		return [{title: '', x, y, style: {line: 'cyan'}}];
	}, [rates, columns]);
	return (
		<Box width={width} height={height}>
			<Pane
				title={[span(messages().screen.chart.rate, 'strong')]}
				rows={[]}
				width={width}
				height={height}
				focused={false}
			/>
			<Chart kind="line" left={2} top={1} columns={columns} rows={rows} options={options} data={data} />
		</Box>
	);
}
