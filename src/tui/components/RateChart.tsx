import {stripVTControlCharacters} from 'node:util';
import {Box, Text} from 'ink';
import {use, useEffect, useMemo} from 'react';
import {messages} from '../../i18n/index.js';
import {useRates} from '../hooks/use-traffic.js';
import {type LineWidget, OffscreenWidget} from '../offscreen.js';
import {span} from '../spans.js';
import {ColourContext} from '../theme.js';
import {frameColumns, frameRows, Pane} from './Pane.js';

/** What the chart of blessed-contrib 4.11 leaves empty at its right and lower edge (canvas `width * 2 - 12`, `height * 4 - 8`). */
const unused = {columns: 5, rows: 3};

/** Messages a second over the last minute or two, as blessed-contrib's line chart. */
export function RateChart({width, height}: {width: number; height: number}) {
	const rates = useRates();
	const colour = use(ColourContext);
	const [columns, rows] = [width - frameColumns, height - frameRows];
	const widget = useMemo(
		() =>
			new OffscreenWidget<LineWidget>('line', columns + unused.columns, rows + unused.rows, {
				style: {line: 'cyan', text: 'white', baseline: 'white'},
				numYLabels: Math.max(2, Math.floor(rows / 3)),
				wholeNumbersOnly: true,
				abbreviate: true,
				xPadding: 5,
				xLabelPadding: 3,
			}),
		[columns, rows],
	);
	useEffect(() => () => widget.destroy(), [widget]);
	const lines = useMemo(() => {
		const shown = rates.slice(-Math.max(Math.floor(columns / 2), 10)).map(Math.round);
		const y = shown.length > 1 ? shown : [0, 0];
		const x = y.map((_, i) => (i === y.length - 1 ? '0' : `-${y.length - 1 - i}s`));
		return widget.frame(columns, rows, (chart) => chart.setData([{title: '', x, y, style: {line: 'cyan'}}]));
	}, [rates, widget, columns, rows]);
	return (
		<Box width={width} height={height}>
			<Pane
				title={[span(messages().screen.chart.rate, 'strong')]}
				rows={[]}
				width={width}
				height={height}
				focused={false}
			/>
			<Box
				position="absolute"
				marginLeft={2}
				marginTop={1}
				width={columns}
				height={rows}
				flexDirection="column"
			>
				{lines.slice(0, rows).map((line, i) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: the place on the screen is the identity
					<Text key={i} wrap="truncate">
						{colour ? line : stripVTControlCharacters(line)}
					</Text>
				))}
			</Box>
		</Box>
	);
}
