import {memo, use, useMemo} from 'react';
import {fitRow, type Row, rowWidth} from '../spans.js';
import {ColourContext, styled} from '../theme.js';
import {StyledRows} from './StyledRows.js';

interface LineProps {
	row: Row;
	/** Columns: the row is cut or padded. */
	width: number;
	/** Something lies behind it that must not show at its end. */
	opaque?: boolean;
}

/** One row of the screen. */
export const Line = memo(function Line({row, width, opaque = false}: LineProps) {
	const colour = use(ColourContext);
	const rows = useMemo(() => {
		const fitted = rowWidth(row) === width ? row : fitRow(row, width);
		const text = fitted.map((piece) => styled(piece.text, piece.tone, colour)).join('');
		// What is blank anyway costs as much to draw as text.
		return [opaque ? text : text.trimEnd()];
	}, [row, width, opaque, colour]);
	return <StyledRows rows={rows} width={width} />;
});
