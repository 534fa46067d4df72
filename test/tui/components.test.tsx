/** @jsxRuntime automatic */
import {stripVTControlCharacters} from 'node:util';
import test from 'ava';
import {renderToString} from 'ink';
import {render} from 'ink-testing-library';
import type {ReactNode} from 'react';
import {setLanguage} from '../../src/i18n/index.js';
import {App, createController} from '../../src/tui/app.js';
import type {Controller} from '../../src/tui/controller.js';
import {ScreenContext} from '../../src/tui/hooks/use-screen.js';
import {MainScreen} from '../../src/tui/screens/MainScreen.js';
import type {Modal} from '../../src/tui/state/modals.js';
import {widthOf} from '../../src/tui/text.js';
import {ColourContext} from '../../src/tui/theme.js';
import {TrafficClock} from '../../src/tui/traffic/clock.js';
import {FakePort, type FakePortOptions, peers, snapshotOf} from '../support/fake-port.js';

function screen(options: FakePortOptions = {}): {
	controller: Controller;
	clock: TrafficClock;
	port: FakePort;
} {
	const port = new FakePort(options);
	const controller = createController(port);
	controller.store.dispatch({type: 'peers', peers: options.peers ?? peers});
	controller.store.dispatch({type: 'select', uniqueName: ':1.7'});
	return {controller, clock: new TrafficClock(port.traffic, controller.traffic), port};
}

function draw(parts: ReturnType<typeof screen>, columns: number, rows: number, colour = true): string {
	const wrapped = (child: ReactNode) => (
		<ColourContext value={colour}>
			<ScreenContext value={parts}>{child}</ScreenContext>
		</ColourContext>
	);
	return renderToString(wrapped(<MainScreen size={{columns, rows}} />), {columns});
}

/** Waits for promises that are settled already, and for what they start. */
const settle = async () => {
	for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Freezes and thaws to the end, as far as asked. */
async function story(parts: ReturnType<typeof screen>, keys: string): Promise<void> {
	for (const key of keys) {
		parts.controller.press(key);
		await settle();
	}
	await parts.controller.sessions.loadComparison();
}

const modals: Array<Modal | undefined> = [
	undefined,
	{kind: 'help', scroll: 3},
	{kind: 'quit'},
	{kind: 'diff', side: 'after', section: 'differences', chosen: 0, scroll: 0},
	{kind: 'connection', uniqueName: ':1.7', scroll: 0, snapshot: snapshotOf('before')},
	{kind: 'freeze', target: ':1.7', label: 'org.dbusfreeze.Demo.Counter', policy: 'queue'},
];

for (const language of ['en', 'zh-CN'] as const) {
	test.serial(`nothing is ever wider or taller than the terminal (${language})`, async (t) => {
		t.teardown(() => setLanguage('en'));
		setLanguage(language);
		for (const keys of ['', 'fy', 'fyc', 'fycty', 'fyctyc', 'fyctya']) {
			const parts = screen({preserved: keys !== 'fyctyc'});
			await story(parts, keys);
			for (const modal of keys === 'fyctyc' ? modals : [undefined]) {
				parts.controller.store.dispatch({type: 'modal', modal});
				for (const [columns, rows] of [
					[80, 24],
					[97, 31],
					[200, 50],
					[40, 10],
				] as const) {
					const lines = draw(parts, columns, rows).split('\n');
					t.true(lines.length <= rows, `${keys} ${modal?.kind} ${columns}×${rows}: ${lines.length} rows`);
					for (const line of lines) {
						t.true(widthOf(line) <= columns, `${keys} ${modal?.kind} ${columns}×${rows}:\n${line}`);
					}
				}
			}
		}
	});

	test.serial(`at 80 columns no sentence of the stage bar is cut (${language})`, async (t) => {
		t.teardown(() => setLanguage('en'));
		setLanguage(language);
		for (const keys of ['', 'fy', 'fyn', 'fyc', 'fycty', 'fyctyn', 'fyctynn', 'fyctyc', 'fyctyay', 'fya']) {
			const parts = screen();
			await story(parts, keys);
			const lines = stripVTControlCharacters(draw(parts, 80, 24)).split('\n');
			const bar = lines.findIndex((line) => /^ (Stages|阶段) /.test(line));
			t.true(bar > 0, lines.join('\n'));
			t.false(/…\s*$/.test(lines[bar + 1] ?? ''), `${keys}: ${lines[bar + 1]}`);
		}
	});
}

test.serial('what comes from the bus cannot steer the terminal', async (t) => {
	const evil = {
		uniqueName: ':1.66',
		names: ['org.evil\u001b]0;owned\u0007'],
		queued: [],
		pid: 1,
		comm: '\u202egnp',
		matchRules: [],
	};
	const parts = screen({peers: [evil]});
	const text = draw(parts, 100, 30, false);
	t.regex(text, /\\e\]0;owned/);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
	t.notRegex(text, /\u001b\]|\u0007|\u202e|\u001b\[2J/);
});

test.serial('NO_COLOR leaves weight and inversion, and no colour', async (t) => {
	const parts = screen();
	await story(parts, 'fyn');
	// biome-ignore lint/suspicious/noControlCharactersInRegex: SGR colours 30–37, 40–47, 90–97
	const colours = /\u001b\[(3[0-7]|4[0-7]|9[0-7])/;
	t.regex(draw(parts, 140, 40, true), colours);
	t.notRegex(draw(parts, 140, 40, false), colours);
});

test.serial('a verdict that is not preserved is said on top, with what differs', async (t) => {
	const parts = screen({preserved: false});
	await story(parts, 'fyctycd');
	const text = stripVTControlCharacters(draw(parts, 100, 30, false));
	t.regex(text, /✖ not preserved — 1 difference matters/);
	t.regex(text, /✖ processes\/1203\/threads\/1210\/pc/);
});

test.serial('the filter is typed, kept, cleared', async (t) => {
	const {controller, clock} = screen();
	const app = render(<App controller={controller} clock={clock} colour={false} />);
	t.teardown(() => app.unmount());
	const text = () => stripVTControlCharacters(app.lastFrame() ?? '');
	const frame = async (pattern: RegExp) => {
		for (let i = 0; i < 1000 && !pattern.test(text()); i++) {
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		t.regex(text(), pattern);
	};
	await frame(/Connections/);
	app.stdin.write('/');
	await frame(/filter: words that must all occur/);
	app.stdin.write('sett q');
	await frame(/\/sett q/);
	app.stdin.write('\u007f\u007f');
	await frame(/─ \/sett /);
	app.stdin.write('\r');
	await frame(/f freeze/);
	t.notRegex(text(), /Demo\.Clock/);
	app.stdin.write('\u001b');
	await frame(/Demo\.Clock/);
});
