import {useScreenState} from '../hooks/use-screen.js';
import {SequencePane} from './SequencePane.js';
import {StatisticsPane} from './StatisticsPane.js';
import {TrafficPane} from './TrafficPane.js';

const panes = {list: TrafficPane, sequence: SequencePane, statistics: StatisticsPane} as const;

/** The traffic in the view that was chosen. */
export function TrafficArea({width, height}: {width: number; height: number}) {
	const Chosen = panes[useScreenState().traffic.view];
	return <Chosen width={width} height={height} />;
}
