import {stripVTControlCharacters} from 'node:util';
import {Box, Text, Transform} from 'ink';
import {memo} from 'react';

interface StyledRowsProps {
	/** With SGR sequences, none wider than `width`. */
	rows: readonly string[];
	width: number;
}

/**
 * Rows whose text, colours and width are known already. Ink would measure, wrap, colour and take apart all of it
 * again for each frame, which is most of a frame's time and of its garbage; so it lays out a blank for each row, and
 * is told what stands there at the moment it draws.
 */
export const StyledRows = memo(function StyledRows({rows, width}: StyledRowsProps) {
	return (
		<Box width={width} height={rows.length} flexShrink={0}>
			<Transform
				transform={(_, i) => rows[i] ?? ''}
				accessibilityLabel={stripVTControlCharacters(rows.join('\n'))}
			>
				<Text>{Array.from(rows, () => ' ').join('\n')}</Text>
			</Transform>
		</Box>
	);
});
