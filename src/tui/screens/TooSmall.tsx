import {Box, Text} from 'ink';
import {messages} from '../../i18n/index.js';
import {type Size, smallest} from '../layout.js';
import {wrap} from '../text.js';

/** Instead of half of everything: how large the terminal should be. */
export function TooSmall({size: {columns, rows}}: {size: Size}) {
	const lines = wrap(messages().screen.tooSmall(columns, rows, smallest.columns, smallest.rows), columns);
	return (
		<Box flexDirection="column" width={columns} height={rows} overflow="hidden">
			{lines.slice(0, rows).map((line) => (
				<Text key={line} wrap="truncate">
					{line}
				</Text>
			))}
		</Box>
	);
}
