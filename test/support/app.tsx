/** @jsxRuntime automatic */
import {setTimeout as delay} from 'node:timers/promises';
import {stripVTControlCharacters} from 'node:util';
import type {ExecutionContext} from 'ava';
import {renderToString} from 'ink';
import {render} from 'ink-testing-library';
import {App, createController} from '../../src/tui/app.js';
import type {Controller} from '../../src/tui/controller.js';
import {ScreenContext} from '../../src/tui/hooks/use-screen.js';
import type {Size} from '../../src/tui/layout.js';
import {MainScreen} from '../../src/tui/screens/MainScreen.js';
import {ColourContext} from '../../src/tui/theme.js';
import {TrafficClock} from '../../src/tui/traffic/clock.js';
import {counter, FakePort, type FakePortOptions} from './fake-port.js';

/** Milliseconds that a machine under load may take to show what comes next. */
const patience = 30_000;

/** The screen on the recorded counter, 100 columns wide as the library has it, with keys to be typed. */
export function openApp(t: ExecutionContext, options: FakePortOptions = {}) {
	const port = new FakePort({peers: [counter], ...options});
	const controller = createController(port);
	controller.store.dispatch({type: 'peers', peers: [counter]});
	controller.store.dispatch({type: 'select', uniqueName: ':1.7'});
	const clock = new TrafficClock(port.traffic, controller.traffic);
	const app = render(<App controller={controller} clock={clock} colour={false} />);
	t.teardown(() => app.unmount());
	const frame = () => stripVTControlCharacters(app.lastFrame() ?? '');
	const see = async (pattern: RegExp) => {
		const end = Date.now() + patience;
		while (!pattern.test(frame()) && Date.now() < end) await delay(10);
		t.regex(frame(), pattern);
	};
	const press = async (key: string, pattern: RegExp) => {
		app.stdin.write(key);
		await see(pattern);
	};
	return {port, controller, see, press, frame, store: controller.store};
}

/** One drawing of the screen, without a terminal. */
export function drawScreen(controller: Controller, size: Size, colour = true): string {
	const clock = new TrafficClock(controller.port.traffic, controller.traffic);
	return renderToString(
		<ColourContext value={colour}>
			<ScreenContext value={{controller, clock}}>
				<MainScreen size={size} />
			</ScreenContext>
		</ColourContext>,
		{columns: size.columns},
	);
}
