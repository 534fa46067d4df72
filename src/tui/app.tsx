import {render, useApp, useInput} from 'ink';
import {useEffect, useMemo} from 'react';
import {Controller} from './controller.js';
import {ScreenContext, useScreenState} from './hooks/use-screen.js';
import {useTerminalSize} from './hooks/use-terminal-size.js';
import type {Port} from './port.js';
import {MainScreen} from './screens/MainScreen.js';
import {initialState} from './state/state.js';
import {createStore} from './store.js';
import {ColourContext} from './theme.js';
import {TrafficClock} from './traffic/clock.js';
import {TrafficView} from './traffic/view.js';

export interface AppOptions {
	stdin: NodeJS.ReadStream;
	stdout: NodeJS.WriteStream;
	colour: boolean;
	/** Milliseconds that Ink took for a frame; for measurements. */
	onFrame?: (ms: number) => void;
}

export interface RunningApp {
	controller: Controller;
	/** Settles when the terminal is as it was before. Rejects when a component crashed. */
	done: Promise<unknown>;
	stop: () => void;
}

/** All that lives as long as the screen, without a terminal yet. */
export function createController(port: Port, copy?: (text: string) => void): Controller {
	const state = initialState(port.readOnly, {marks: port.marks ?? [], filter: port.filter ?? ''});
	return new Controller(port, createStore(state), new TrafficView(port.traffic), copy);
}

export function App({
	controller,
	clock,
	colour,
}: {
	controller: Controller;
	clock: TrafficClock;
	colour: boolean;
}) {
	const screen = useMemo(() => ({controller, clock}), [controller, clock]);
	useEffect(() => clock.start(), [clock]);
	return (
		<ColourContext value={colour}>
			<ScreenContext value={screen}>
				<Root controller={controller} />
			</ScreenContext>
		</ColourContext>
	);
}

function Root({controller}: {controller: Controller}) {
	const size = useTerminalSize();
	const {exit} = useApp();
	const {leaving} = useScreenState();
	useInput((input, key) => controller.input(input, key));
	useEffect(() => {
		if (leaving) exit();
	}, [leaving, exit]);
	return <MainScreen size={size} />;
}

/** Draws the screen on the terminal's alternate buffer. */
export function startApp(port: Port, {stdin, stdout, colour, onFrame}: AppOptions): RunningApp {
	const controller = createController(port, (text) => {
		// OSC 52: the terminal takes it, also over ssh; nothing of it is shown.
		stdout.write(`\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`);
	});
	const clock = new TrafficClock(port.traffic, controller.traffic);
	const instance = render(<App controller={controller} clock={clock} colour={colour} />, {
		stdin,
		stdout,
		alternateScreen: true,
		incrementalRendering: true,
		// Ink throttles twice, drawing and writing: at 30 a key would wait up to 66 ms. Our own pace is set by
		// TrafficClock, so this costs nothing.
		maxFps: 120,
		exitOnCtrlC: false,
		interactive: true,
		onRender: ({renderTime}) => onFrame?.(renderTime),
	});
	return {controller, done: instance.waitUntilExit(), stop: () => instance.unmount()};
}
