import {Box} from 'ink';
import {memo, use, useMemo} from 'react';
import {fitRow, type Row, rowWidth, type Span, span} from '../spans.js';
import {ColourContext, styled, type Tone} from '../theme.js';
import {Line} from './Line.js';
import {StyledRows} from './StyledRows.js';

/** Columns and rows that the frame takes. */
export const frameColumns = 4;
export const frameRows = 2;

export interface PaneProps {
	title: Row;
	/** At the right end of the upper edge. */
	corner?: Row;
	/** At the left end of the lower edge. */
	footer?: Row;
	rows: readonly Row[];
	/** Outer size. */
	width: number;
	height: number;
	focused: boolean;
	tone?: Tone;
	/** It lies over other panes. */
	opaque?: boolean;
}

/** Rows in a frame with a title in its edge. Draws exactly `height` rows of `width` columns. */
export function Pane({
	title,
	corner = [],
	footer = [],
	rows,
	width,
	height,
	focused,
	tone,
	opaque = false,
}: PaneProps) {
	const edge: Tone = tone ?? (focused ? 'accent' : 'dim');
	const inner = width - frameColumns;
	const body = Array.from({length: Math.max(height - frameRows, 0)}, (_, i) => rows[i] ?? []);
	return (
		<Box flexDirection="column" width={width} height={height} flexShrink={0}>
			<Line row={edgeRow('╭', '╮', title, corner, width, edge)} width={width} />
			<Box>
				<Side text="│ " height={body.length} tone={edge} />
				<Box flexDirection="column" width={inner} flexShrink={0}>
					{body.map((row, i) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: the place on the screen is the identity
						<Line key={i} row={row} width={inner} opaque={opaque} />
					))}
				</Box>
				<Side text=" │" height={body.length} tone={edge} />
			</Box>
			<Line row={edgeRow('╰', '╯', footer, [], width, edge)} width={width} />
		</Box>
	);
}

/** One for all rows: each frame, Ink takes apart what is drawn, and once is less than many times. */
const Side = memo(function Side({text, height, tone}: {text: string; height: number; tone: Tone}) {
	const colour = use(ColourContext);
	const rows = useMemo(
		() => Array.from({length: height}, () => styled(text, tone, colour)),
		[text, height, tone, colour],
	);
	return <StyledRows rows={rows} width={text.length} />;
});

function edgeRow(left: string, right: string, title: Row, corner: Row, width: number, edge: Tone): Span[] {
	const padded = (row: Row): Row => (row.length === 0 ? [] : [span(' '), ...row, span(' ')]);
	const room = width - 4;
	let head = padded(title);
	let tail = padded(corner);
	if (rowWidth(head) > room) head = fitRow(head, room);
	if (rowWidth(head) + rowWidth(tail) + 1 > room) {
		const left = room - rowWidth(head) - 1;
		tail = left > 6 ? fitRow(tail, left) : [];
	}
	const gap = Math.max(width - 4 - rowWidth(head) - rowWidth(tail), 0);
	return [span(`${left}─`, edge), ...head, span('─'.repeat(gap), edge), ...tail, span(`─${right}`, edge)];
}
