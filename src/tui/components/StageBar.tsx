import {Box} from 'ink';
import {useScreenState} from '../hooks/use-screen.js';
import {adviceRow, stageBar} from '../rows/stage-rows.js';
import {Line} from './Line.js';

/** Two rows: the stages, and what to do next. */
export function StageBar({width}: {width: number}) {
	const state = useScreenState();
	return (
		<Box flexDirection="column" width={width} height={2} flexShrink={0}>
			<Line row={stageBar(state, width)} width={width} />
			<Line row={adviceRow(state, width)} width={width} />
		</Box>
	);
}
