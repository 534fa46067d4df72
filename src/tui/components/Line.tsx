import {Text} from 'ink';
import {memo, use} from 'react';
import type {Row} from '../spans.js';
import {ColourContext, styleOf} from '../theme.js';

/** One row of the screen. */
export const Line = memo(function Line({row}: {row: Row}) {
	const colour = use(ColourContext);
	return (
		<Text wrap="truncate">
			{row.map((piece, i) =>
				piece.tone === undefined || piece.tone === 'plain' ? (
					piece.text
				) : (
					// biome-ignore lint/suspicious/noArrayIndexKey: a row has no other identity than its order
					<Text key={i} {...styleOf(piece.tone, colour)}>
						{piece.text}
					</Text>
				),
			)}
		</Text>
	);
});
