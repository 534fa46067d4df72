import {Box} from 'ink';
import {messages} from '../../i18n/index.js';
import {useScreen} from '../hooks/use-screen.js';
import {type Row, span} from '../spans.js';
import type {Tone} from '../theme.js';
import {frameRows, Pane} from './Pane.js';

interface WindowProps {
	title: Row;
	rows: readonly Row[];
	/** Outer size, and where the upper left corner is. */
	width: number;
	height: number;
	top: number;
	left: number;
	scroll: number;
	/** Rows that stay at the lower end. */
	fixed?: readonly Row[];
	tone?: Tone;
}

/** A pane that lies over the others and can be scrolled. */
export function Window({
	title,
	rows,
	width,
	height,
	top,
	left,
	scroll,
	fixed = [],
	tone = 'accent',
}: WindowProps) {
	const {metrics} = useScreen().controller;
	const room = height - frameRows - fixed.length;
	metrics.modal.height = room;
	metrics.modal.maxScroll = Math.max(rows.length - room, 0);
	const from = Math.min(scroll, metrics.modal.maxScroll);
	const body = Array.from({length: room}, (_, i) => rows[from + i] ?? []);
	const {more} = messages().screen.details;
	const corner = rows.length > room ? [span(more(from + 1, from + room, rows.length), 'dim')] : [];
	return (
		<Box position="absolute" marginTop={top} marginLeft={left} width={width} height={height}>
			<Pane
				title={title}
				corner={corner}
				rows={[...body, ...fixed]}
				width={width}
				height={height}
				focused
				opaque
				tone={tone}
			/>
		</Box>
	);
}
