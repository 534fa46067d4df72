import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {keys, openPty, type Pty, type PtyOptions} from '../support/pty.js';

const program = fileURLToPath(new URL('../support/fake-screen.ts', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The whole program on a terminal of its own. */
async function open(t: ExecutionContext, options: PtyOptions = {}): Promise<Pty> {
	const pty = openPty([process.execPath, '--import=tsx', program], {cwd: root, ...options});
	t.teardown(() => pty.kill());
	await pty.until(/Demo\.Counter|Please enlarge|请放大/, 30_000);
	return pty;
}

const cursorShown = '\u001b[?25h';
const alternateLeft = '\u001b[?1049l';

test('the whole story with the keys of the table', async (t) => {
	const pty = await open(t);
	pty.write('j');
	await pty.until(/▸ Demo\.Counter/);
	pty.write('f');
	await pty.until(/Held open while it is frozen:[\s\S]*fd 3: bus connection :1\.7/);
	pty.write('x');
	await pty.until(/x does nothing here/);
	pty.write('y');
	await pty.until(/◉ pre-dump/);
	await pty.until(/Context {2}org\.dbusfreeze\.Demo\.Counter {2}before ─/);
	pty.write('n');
	await pty.until(/◉ post-dump .* commit point/);
	await pty.until(/before │ image/);
	pty.write('n');
	await pty.until(/❄ frozen/);
	await pty.until(/── ❄ .*Counter is frozen ─/);
	await pty.until(/❄ Demo\.Counter is frozen, its names still owned; 12 wait/);
	pty.write('n');
	await pty.until(/It is frozen: there is no further stage until t thaws it/);
	pty.write('t');
	await pty.until(/Thaw org\.dbusfreeze\.Demo\.Counter\?/);
	pty.write('y');
	await pty.until(/◉ pre-restore/);
	pty.write('n');
	await pty.until(/◉ post-restore/);
	pty.write('n');
	await pty.until(/◉ pre-resume/);
	pty.write('a');
	await pty.until(/At pre-resume CRIU no longer lets anything be aborted/);
	pty.write('c');
	await pty.until(/✔ Demo\.Counter runs on, context preserved; away for 3\.1 s/);
	pty.write('d');
	await pty.until(/✔ preserved[\s\S]*the program sees one EINTR from poll/);
	pty.write(keys.left);
	await pty.until(/Comparison {2}before │ restored/);
	pty.write('q');
	await pty.untilNot(/Comparison/);
	pty.write('q');
	t.is(await pty.ended(), 0);
	t.regex(pty.text(), /left, frozen: none/);
});

test('only y confirms, and keys typed ahead are no answer', async (t) => {
	const pty = await open(t);
	pty.write('jfy');
	await pty.until(/Freeze org\.dbusfreeze\.Demo\.Counter\?/);
	pty.write(keys.enter);
	await pty.until(/enter does nothing here/);
	pty.write(keys.esc);
	await pty.untilNot(/Freeze org/);
	await pty.until(/Nothing frozen from here yet/);
	pty.write('q');
	t.is(await pty.ended(), 0);
});

test('what cannot be frozen is said before anything is touched', async (t) => {
	const pty = await open(t, {env: {FAKE_BLOCKER: 'fd 7 is /dev/fuse, which CRIU cannot dump'}});
	pty.write('j');
	await pty.until(/▸ Demo\.Counter/);
	pty.write('f');
	await pty.until(/It cannot be frozen:[\s\S]*\/dev\/fuse/);
	pty.write('y');
	await pty.until(/the reasons are above/);
	pty.write('n');
	t.regex(await pty.untilNot(/Freeze org/), /Nothing frozen from here yet/);
});

test('an aborted thaw asks, and stays frozen', async (t) => {
	const pty = await open(t, {env: {FAKE_FROZEN: '1'}});
	await pty.until(/❄ 1 frozen/);
	await pty.until(/Demo\.Counter is frozen\. Select it, then t thaws it/);
	pty.write('t');
	await pty.until(/This one is not frozen: select one marked ❄/);
	pty.write('j');
	await pty.until(/▸ ❄ Demo\.Counter/);
	pty.write('t');
	await pty.until(/Thaw org/);
	pty.write('y');
	await pty.until(/◉ pre-restore/);
	pty.write('a');
	await pty.until(/Abort at pre-restore\?[\s\S]*remains frozen/);
	pty.write('y');
	await pty.until(/Thaw aborted: Demo\.Counter is still frozen/);
	pty.write('q');
	await pty.until(/thaw with: dbusfreeze-tui thaw \/var\/lib\/dbusfreeze\/counter-1/);
	pty.write('y');
	t.is(await pty.ended(), 0);
	t.regex(pty.text(), /left, frozen: \/var\/lib\/dbusfreeze\/counter-1/);
});

test('read-only shows everything and changes nothing', async (t) => {
	const pty = await open(t, {env: {FAKE_READ_ONLY: '1', FAKE_FROZEN: '1'}});
	await pty.until(/read-only/);
	for (const key of ['f', 't', 'n']) {
		pty.write(key);
		await pty.until(/nothing can be frozen or thawed from here/);
		pty.write('j');
		t.regex(await pty.untilNot(/nothing can be frozen or thawed from here/), /read-only/);
	}
});

test('space holds the display while the bus goes on; G and esc follow again', async (t) => {
	const pty = await open(t, {env: {FAKE_RATE: '400'}});
	pty.write(' ');
	const held = await pty.until(/⏸ paused · \d{3,} new/);
	const rows = (screen: string) =>
		screen
			.split('\n')
			.map((line) => line.slice(32))
			.slice(2, 18)
			.join('\n');
	await pty.until(/⏸ paused · \d{4,} new/);
	t.is(rows(pty.text()), rows(held));
	pty.write(keys.esc);
	await pty.untilNot(/paused/);
	pty.write(`${keys.tab}kkk`);
	await pty.until(/newer · G follows/);
	pty.write(keys.enter);
	await pty.until(/Message \d+[\s\S]*sender[\s\S]*body/);
	pty.write('q');
	await pty.untilNot(/Message \d+/);
	pty.write('G');
	await pty.untilNot(/G follows/);
});

test('the filter is narrowed by keys, checked as it is typed, saved and chosen again', async (t) => {
	const pty = await open(t, {columns: 100, rows: 30});
	pty.write(`${keys.tab}/`);
	await pty.until(/filter: words/);
	pty.write('member:Get slower:soon');
	await pty.until(/"soon" is no duration such as 20ms/);
	pty.write(keys.enter);
	await pty.until(/"soon" is no duration/);
	pty.write('\u0015type:error');
	await pty.until(/\/type:error/);
	pty.write(keys.enter);
	await pty.until(/enter details/);
	await pty.untilNot(/≋/);
	// The first one may be yet to come.
	t.notRegex(await pty.until(/✖ .*Failed/), /≋/);
	pty.write('S');
	await pty.until(/save the filter as/);
	pty.write(`my-errors${keys.enter}`);
	await pty.until(/@my-errors stands for this filter/);
	pty.write(keys.esc);
	await pty.until(/≋ Changed/);
	// The newest message is one of these, or an answer to a call of one.
	pty.write('o');
	await pty.until(/The filter is now: (interface:\S+ )?(member|error):["\w]/);
	pty.write(keys.esc);
	await pty.until(/≋ Changed[\s\S]*≋ Line|≋ Line[\s\S]*≋ Changed/);
	await pty.untilNot(/─ \//);
	pty.write('@');
	await pty.until(/▸ @errors +type:error[\s\S]*@my-errors/);
	pty.write(`j${keys.enter}`);
	await pty.until(/╰─ \/@my-errors ─/);
	await pty.untilNot(/≋/);
});

test('a diagram and figures of the same messages', async (t) => {
	const pty = await open(t, {columns: 100, rows: 30, env: {FAKE_FROZEN: '1'}});
	pty.write('2');
	// Which way a call points is up to whose column came first.
	await pty.until(/2 sequence[\s\S]*❄ .*Demo\.Counter[\s\S]*:1\.7[\s\S]*(─▶|◀─)/);
	// Its lifeline is not that of the others.
	await pty.until(/┊/);
	pty.write('3');
	await pty.until(/a second: {2}calls \d+[\s\S]*Demo\.Counter +Get[\s\S]*who sends most/);
	pty.write('s');
	await pty.until(/Sorted by the rate/);
	pty.write(keys.enter);
	await pty.until(/Nothing to show here/);
	pty.write('1');
	await pty.until(/Connections/);
	pty.write('z');
	t.regex(await pty.untilNot(/Connections/), /1 list/);
});

test('it follows the terminal, asks for room below 80×24, and fills what it gets', async (t) => {
	const pty = await open(t);
	await pty.resize(70, 20);
	await pty.until(/This terminal is 70×20\. Please enlarge it to at least 80×24/);
	await pty.resize(120, 40);
	await pty.until(/Messages per second/);
	const lines = pty.text().split('\n');
	t.is(lines.length, 40);
	t.is(lines[1]?.length, 120);
	t.regex(lines[39] ?? '', /^ f freeze {2}enter details/);
	await pty.resize(80, 24);
	await pty.until(/^ {1}f freeze.*q quit$/m);
	await pty.untilNot(/Messages per second/);
	t.is(pty.text().split('\n')[1]?.length, 80);
});

test('Chinese, with the widths right', async (t) => {
	const pty = await open(t, {env: {LC_ALL: 'zh_CN.UTF-8'}, columns: 100, rows: 30});
	await pty.until(/连接[\s\S]*消息[\s\S]*选择一个服务，按 f 冻结[\s\S]*退出/);
	const {active} = pty.terminal.buffer;
	for (const y of [1, 2, 8, 12, 18]) {
		const edge = active.getLine(y)?.getCell(99)?.getChars();
		t.true(edge === '│' || edge === '╮' || edge === '╯', `row ${y}: ${edge}\n${pty.text()}`);
	}
});

test('quitting in the middle of a freeze says what becomes of the service', async (t) => {
	const pty = await open(t);
	pty.write('j');
	await pty.until(/▸ Demo\.Counter/);
	pty.write('f');
	await pty.until(/y freezes it/);
	pty.write('y');
	await pty.until(/◉ pre-dump/);
	pty.write('\u0003');
	await pty.until(/Quit\?[\s\S]*is being frozen\. Before the commit/);
	pty.write('\u0003');
	t.is(await pty.ended(), 0);
});

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
	test(`${signal} leaves the terminal as it was`, async (t) => {
		const pty = await open(t);
		pty.signal(signal);
		t.is(await pty.ended(), 143);
		await pty.until(new RegExp(`left by ${signal}`));
		t.true(pty.output().includes(alternateLeft) && pty.output().includes(cursorShown));
	});
}

for (const kind of ['promise', 'component']) {
	test(`a crash (${kind}) leaves the terminal as it was, and can be read`, async (t) => {
		const pty = openPty([process.execPath, '--import=tsx', program], {cwd: root, env: {FAKE_CRASH: kind}});
		t.teardown(() => pty.kill());
		t.is(await pty.ended(), 3);
		t.regex(await pty.until(/error:/), /error: crashed on purpose/);
		t.true(pty.output().includes(alternateLeft) && pty.output().includes(cursorShown));
	});
}

test('without a terminal it says so before anything is loaded', async (t) => {
	const pty = openPty(['sh', '-c', `"$0" --import=tsx "$1" </dev/null`, process.execPath, program], {
		cwd: root,
	});
	t.teardown(() => pty.kill());
	t.is(await pty.ended(), 3);
	t.regex(pty.text(), /error: no-tty/);
});

test('under 20,000 messages a second keys are still answered, with little to write', async (t) => {
	const pty = await open(t, {env: {FAKE_RATE: '20000'}, columns: 120, rows: 40});
	await pty.until(/(1[89]|2[01])\.\dk msg\/s/);
	const before = pty.output().length;
	const started = Date.now();
	for (const wanted of [
		/▸ org\.dbusfreeze\.Demo\.Counter/,
		/▸ org\.dbusfreeze\.Demo\.Settings/,
		/▸ org\.freedesktop\.DBus/,
	]) {
		pty.write('j');
		await pty.until(wanted);
	}
	// Never one drawing a message: far below what 20,000 lines a second would be.
	const perSecond = (pty.output().length - before) / ((Date.now() - started) / 1000);
	t.true(perSecond < 400_000, `${perSecond} bytes a second`);
	t.false(pty.output().includes('\u001b[3J'), 'the scrollback was wiped');
});
