import {Box} from 'ink';
import {useCheckpoints} from '../checkpoints/use-checkpoints.js';
import {Confirm} from '../components/Confirm.js';
import {ConnectionsPane} from '../components/ConnectionsPane.js';
import {ContextPane} from '../components/ContextPane.js';
import {HintLine} from '../components/HintLine.js';
import {Overlay} from '../components/Overlay.js';
import {RateChart} from '../components/RateChart.js';
import {StageBar} from '../components/StageBar.js';
import {TitleLine} from '../components/TitleLine.js';
import {useConnections} from '../hooks/use-connections.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {useComparison} from '../hooks/use-session.js';
import {layoutOf, type Size} from '../layout.js';
import {activeSession} from '../selectors.js';
import {isFrozen} from '../session-view.js';
import {isWide} from '../state/traffic.js';
import {TrafficArea} from '../traffic/TrafficArea.js';
import {WaitingPane} from '../waiting/WaitingPane.js';
import {TooSmall} from './TooSmall.js';

/** The whole screen: exactly as large as the terminal. */
export function MainScreen({size}: {size: Size}) {
	useConnections();
	useComparison();
	useCheckpoints();
	const state = useScreenState();
	const {port} = useScreen().controller;
	const view = activeSession(state);
	const layout = layoutOf(size, view !== undefined, {
		wide: isWide(state),
		// A capture has no rate of its own.
		chart: port.traffic.status().mode !== 'capture',
	});
	if (!layout) return <TooSmall size={size} />;
	const {columns, rows, top, bottom} = layout;
	return (
		<Box flexDirection="column" width={columns} height={rows}>
			<TitleLine width={columns} />
			<Box height={top} flexShrink={0}>
				{layout.connections > 0 && <ConnectionsPane width={layout.connections} height={top} />}
				<TrafficArea width={layout.traffic} height={top} />
			</Box>
			<StageBar width={columns} />
			{bottom > 0 && (
				<Box height={bottom} flexShrink={0}>
					{layout.context > 0 && <ContextPane width={layout.context} height={bottom} />}
					{layout.chart > 0 &&
						(view && isFrozen(view) ? (
							<WaitingPane view={view} width={layout.chart} height={bottom} />
						) : (
							<RateChart width={layout.chart} height={bottom} />
						))}
				</Box>
			)}
			<HintLine width={columns} />
			<Overlay layout={layout} />
			<Confirm layout={layout} />
		</Box>
	);
}
