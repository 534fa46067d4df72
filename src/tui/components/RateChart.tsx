import {Box} from 'ink';
import {messages} from '../../i18n/index.js';
import {useRates} from '../hooks/use-traffic.js';
import {span} from '../spans.js';
import {LineChart} from './LineChart.js';
import {frameColumns, frameRows, Pane} from './Pane.js';

/** Messages a second over the last minute or two. */
export function RateChart({width, height}: {width: number; height: number}) {
	const rates = useRates();
	return (
		<Box width={width} height={height}>
			<Pane
				title={[span(messages().screen.chart.rate, 'strong')]}
				rows={[]}
				width={width}
				height={height}
				focused={false}
			/>
			<LineChart values={rates} left={2} top={1} columns={width - frameColumns} rows={height - frameRows} />
		</Box>
	);
}
