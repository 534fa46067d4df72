import {stripVTControlCharacters} from 'node:util';
import {Box} from 'ink';
import {use, useEffect, useMemo} from 'react';
import {OffscreenWidget, type WidgetKind} from '../offscreen.js';
import {ColourContext} from '../theme.js';
import {StyledRows} from './StyledRows.js';

/** Columns and rows that blessed-contrib 4.11 leaves empty at the right and lower edge of a chart. */
const unused: Record<WidgetKind, {columns: number; rows: number}> = {
	// Its canvas is `width * 2 - 12` by `height * 4 - 8` dots, two by four of them in a character.
	line: {columns: 5, rows: 3},
	// The titles of the bars are in the third row from below.
	bar: {columns: 2, rows: 2},
};

interface ChartProps<Data> {
	kind: WidgetKind;
	/** Where it lies over the pane that it belongs to. */
	left: number;
	top: number;
	columns: number;
	rows: number;
	/** Of the widget; the same object as long as nothing changes. */
	options: object;
	/** What `setData` of the widget takes; drawn anew when it is another object. */
	data: Data;
}

/** A chart of blessed-contrib, over a pane. */
export function Chart<Data>({kind, left, top, columns, rows: rowCount, options, data}: ChartProps<Data>) {
	const colour = use(ColourContext);
	const widget = useMemo(() => {
		const {columns: more, rows: lower} = unused[kind];
		return new OffscreenWidget<{setData(data: Data): void}>(kind, columns + more, rowCount + lower, options);
	}, [kind, columns, rowCount, options]);
	useEffect(() => () => widget.destroy(), [widget]);
	const lines = useMemo(
		() => widget.frame(columns, rowCount, (chart) => chart.setData(data)),
		[widget, columns, rowCount, data],
	);
	const rows = useMemo(
		() => lines.slice(0, rowCount).map((line) => (colour ? line : stripVTControlCharacters(line))),
		[lines, rowCount, colour],
	);
	return (
		<Box position="absolute" marginLeft={left} marginTop={top}>
			<StyledRows rows={rows} width={columns} />
		</Box>
	);
}
