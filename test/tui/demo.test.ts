import fs from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {testBus, until} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {temporaryFolder} from '../support/compile.js';
import {RealScreen} from '../support/real-screen.js';

const ways: Record<string, {leave: (screen: RealScreen) => Promise<void>; status: number}> = {
	q: {
		async leave(screen) {
			await screen.press('q', /The demo ends with the screen[\s\S]*❄ org\.dbusfreeze\.Demo\.Gauge/);
			screen.pty.write('y');
		},
		status: 0,
	},
	'Ctrl-C': {
		async leave(screen) {
			await screen.press('\u0003', /Quit\?/);
			screen.pty.write('\u0003');
		},
		status: 0,
	},
	SIGTERM: {leave: async (screen) => screen.pty.signal('SIGTERM'), status: 130},
	SIGHUP: {leave: async (screen) => screen.pty.signal('SIGHUP'), status: 130},
	SIGKILL: {leave: async (screen) => screen.pty.signal('SIGKILL'), status: 128 + 9},
};

for (const [way, {leave, status}] of Object.entries(ways)) {
	test(`demo left by ${way}, with one service frozen and one thawed: nothing is left`, async (t) => {
		const {screen, folder} = await demo(t);
		await screen.press('j', /▸ \S*Demo\.Gauge/);
		await screen.freeze();
		await screen.beginThaw();
		await screen.press('c', /runs on, context preserved/);
		await screen.freeze();
		t.true(processesOf(folder).length >= 6, 'daemon, services, callers, keeper');
		await leave(screen);
		t.is(await screen.pty.ended(), status);
		await until(() => processesOf(folder).length === 0, 'no process is left');
		await until(() => leftIn(folder).length === 0, `no folder is left: ${leftIn(folder)}`);
		if (way === 'SIGKILL') return;
		t.regex(screen.afterwards(), /The demo is over: its bus, its services and its checkpoints are removed/);
		t.notRegex(screen.afterwards(), /thaw/, 'nothing that cannot be thawed any more is offered');
	});
}

test('demo has traffic, and the freeze of a service that is called shows a waiting call', async (t) => {
	const {screen} = await demo(t);
	await screen.see(/demo bus +\d+ connections/);
	await screen.see(/caller +→ Counter +Add\(\d+\)[\s\S]*caller +← Counter +Add .*\d ms/);
	await screen.freeze();
	await screen.see(/; [1-9]\d*( messages? \(.*\))? wait/);
	await screen.beginThaw();
	await screen.press('c', /context preserved/);
	await screen.see(/caller +← Counter +Add .*\d (ms|s) /);
	screen.pty.write('q');
	t.is(await screen.pty.ended(), 0);
});

test('without a terminal: exit 2, and what to do instead', async (t) => {
	const cli = new Cli(await testBus(t));
	for (const args of [[], ['demo']]) {
		const {code, stdout, stderr} = await cli.run(args);
		t.is(code, 2);
		t.is(stdout, '');
		t.regex(stderr, /terminal/);
		const {code: same, document} = await cli.json<JsonError>(...args);
		t.is(same, 2);
		t.is(document.error.code, 'no-tty');
	}
});

/** The demo, with a temporary folder of its own to leave things in. */
async function demo(t: ExecutionContext): Promise<{screen: RealScreen; folder: string}> {
	const folder = temporaryFolder(t);
	const screen = RealScreen.start(t, ['demo'], {env: {TMPDIR: folder}});
	await screen.see(/Demo\.Notes[\s\S]*press f to freeze it/);
	return {screen, folder};
}

/** Beside Node's own cache of compiled code, which any program may have made there. */
function leftIn(folder: string): string[] {
	return fs.readdirSync(folder).filter((entry) => entry !== 'node-compile-cache');
}

/** Pids that carry the mark of a private bus in this folder, whoever their parent is now. */
function processesOf(folder: string): string[] {
	const mark = `DBUSFREEZE_PRIVATE_BUS=${folder}/`;
	return fs.readdirSync('/proc').filter((pid) => {
		if (!/^\d+$/.test(pid)) return false;
		try {
			return fs
				.readFileSync(`/proc/${pid}/environ`, 'latin1')
				.split('\0')
				.some((entry) => entry.startsWith(mark));
		} catch {
			return false;
		}
	});
}
