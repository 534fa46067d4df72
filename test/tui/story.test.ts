import {execFile} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {keys} from '../support/pty.js';
import {RealScreen} from '../support/real-screen.js';
import {demoServices, startService} from '../support/services.js';

const {counter, gauge} = demoServices;
const large = {columns: 120, rows: 40};

test('watch, pick, freeze, step, thaw, verify: the whole story with its keys', async (t) => {
	const {bus, pid, client, owner} = await busWithCounter(t);
	await startService(bus, gauge);
	const screen = await RealScreen.on(t, bus, large);
	await screen.see(/Demo\.Gauge/);
	await screen.press('j', /▸ org\.dbusfreeze\.Demo\.Gauge/);
	await screen.press('k', /▸ org\.dbusfreeze\.Demo\.Counter/);
	await screen.press(keys.enter, /threads +\d+ +counter[\s\S]*descriptors[\s\S]*unix stream +⇄ dbus-daemon/);
	screen.pty.write(keys.esc);
	await screen.seeNoMore(/descriptors/);

	await screen.press('f', /connection :1\.\d+ org\.dbusfreeze\.Demo\.Counter is held[\s\S]*y freezes it/);
	await screen.press('y', /◉ snapshot/);
	await screen.press('n', /◉ hold/);
	await screen.press('n', /◉ pre-dump/);
	t.is(await client.add(counter, 1), 1, 'it still answers before the dump');
	await screen.press('n', /◉ post-dump .* commit point/);
	t.true(fs.existsSync(`/proc/${pid}`), 'it stands still, and is there');
	await screen.press('n', /Demo\.Counter is frozen, its names still owned/);
	t.false(fs.existsSync(`/proc/${pid}`));
	t.is(await client.owner(counter.name), owner);

	let answer: number | undefined;
	const answered = client.add(counter, 5).then((value) => {
		answer = value;
	});
	await screen.see(/1 message \([1-9]\d* B\) wait\. t thaws/);
	await screen.see(/before │ image/);
	await screen.see(/❄ 1 frozen/);
	t.is(answer, undefined, 'the call waits');

	await screen.press('t', /Thaw org\.dbusfreeze\.Demo\.Counter\?/);
	await screen.press('y', /◉ pre-restore/);
	await screen.press('n', /◉ post-restore/);
	await screen.press('n', /◉ pre-resume/);
	await screen.see(/before │ restored[\s\S]*thread \d+ counter +═/);
	t.is(answer, undefined, 'it does not run yet');
	await screen.press('c', /✔ \S*Demo\.Counter runs on, context preserved; away for/);
	await answered;
	t.is(answer, 6, 'answered once, with the state of before');
	await screen.see(new RegExp(`^│ +${pid} counter · 1 rule`, 'm'));
	await screen.press('d', /✔ preserved — nothing that matters differs/);
	await screen.press(keys.left, /Comparison +before │ +restored/);
	// Every stage at which somebody looked is a moment of its own.
	await screen.press(keys.left, /Comparison +before │ +at post-restore/);
	await screen.press(keys.left, /Comparison +before │ +image/);
	await screen.press(']', /#\d+ \S*poll/);
	screen.pty.write(keys.esc);
	await screen.seeNoMore(/Comparison/);
	screen.pty.write('q');
	t.is(await screen.pty.ended(), 0);
	t.notRegex(screen.afterwards(), /frozen/i);
	t.is(await client.get(counter), 6);
	t.is(await client.owner(counter.name), owner);
});

test('a aborts at every stage of a freeze: the service answers', async (t) => {
	const {bus, pid, client} = await busWithCounter(t);
	const screen = await RealScreen.on(t, bus);
	const stages = ['snapshot', 'hold', 'pre-dump', 'post-dump'];
	for (const [index, stage] of stages.entries()) {
		await screen.beginFreeze();
		for (const next of stages.slice(1, index + 1)) await screen.press('n', new RegExp(`◉ ${next}`));
		await screen.press('a', /Aborted: Demo\.Counter runs on as before/);
		t.is(await client.add(counter, 1), index + 1, stage);
		t.true(fs.existsSync(`/proc/${pid}`));
	}
	await until(() => keepersOf(bus) <= 1, 'sessions that are over and out of sight are let go');
	screen.pty.write('q');
	t.is(await screen.pty.ended(), 0);
	t.notRegex(screen.afterwards(), /frozen/i);
});

test('a aborts a thaw: it asks, the service stays frozen and is thawed the next time', async (t) => {
	const {bus, client} = await busWithCounter(t);
	const screen = await RealScreen.on(t, bus);
	await screen.freeze();
	const answered = client.add(counter, 3);
	await screen.beginThaw();
	await screen.press('n', /◉ post-restore/);
	await screen.press('a', /Abort at post-restore\?[\s\S]*remains frozen/);
	await screen.press('y', /Thaw aborted: Demo\.Counter is still frozen/);
	await screen.beginThaw();
	await screen.press('c', /runs on, context preserved/);
	t.is(await answered, 3);
});

test('q while something is frozen warns, and says the command that thaws it; that command does', async (t) => {
	const {bus, pid, client} = await busWithCounter(t);
	const screen = await RealScreen.on(t, bus, large);
	await screen.freeze();
	await screen.press('q', /These stay frozen[\s\S]*❄ org\.dbusfreeze\.Demo\.Counter\s[\s\S]*thaw with: /);
	screen.pty.write('n');
	await screen.seeNoMore(/These stay frozen/);
	await screen.press('q', /y quits/);
	screen.pty.write('y');
	t.is(await screen.pty.ended(), 0);
	const command = /^ +org\.dbusfreeze\.Demo\.Counter: (.+?)\r?$/m.exec(screen.afterwards())?.[1] ?? '';
	t.regex(command, / thaw org\.dbusfreeze\.Demo\.Counter/, screen.afterwards());
	const answered = client.add(counter, 2);
	const {stdout} = await promisify(execFile)('sh', ['-c', command], {cwd: '/', env: plainEnvironment()});
	t.regex(stdout, /Verdict: preserved/);
	t.is(await answered, 2);
	t.true(fs.existsSync(`/proc/${pid}`));
});

test('SIGKILL of the screen at the commit point: the service runs on', async (t) => {
	const {bus, pid, client} = await busWithCounter(t);
	const screen = await RealScreen.on(t, bus);
	await screen.beginFreeze();
	for (const stage of ['hold', 'pre-dump', 'post-dump']) await screen.press('n', new RegExp(`◉ ${stage}`));
	const answered = client.add(counter, 4);
	screen.pty.signal('SIGKILL');
	t.is(await answered, 4);
	t.true(fs.existsSync(`/proc/${pid}`));
	const again = await RealScreen.on(t, bus);
	await again.freeze();
	await again.beginThaw();
	await again.press('c', /runs on, context preserved/);
	t.is(await client.get(counter), 4);
});

test('SIGKILL of the screen when frozen: another one shows it and thaws it', async (t) => {
	const {bus, client, owner} = await busWithCounter(t);
	await startService(bus, gauge);
	const screen = await RealScreen.on(t, bus);
	await screen.freeze();
	screen.pty.signal('SIGKILL');
	await screen.pty.ended();
	const answered = client.add(counter, 7);
	t.is(await client.owner(counter.name), owner);
	const second = await RealScreen.on(t, bus);
	await second.see(/❄ 1 frozen/);
	await second.see(/Demo\.Counter is frozen\. Select it, then t thaws it/);
	await second.see(/▸ ❄ /);
	await second.see(/frozen · 1 waiting/);
	await second.press('/github', /▸ github\.dbusfreeze1[\s\S]*filter: words/);
	await second.press(keys.enter, /esc clear/);
	await second.press('f', /This is a keeper of ours: frozen services hang on it/);
	await second.press(keys.esc, /▸ ❄ /);
	await second.beginThaw();
	await second.see(/Thawing|CRIU is ready to bring the process back/);
	await second.press('c', /✔ Demo\.Counter runs on, context preserved/);
	t.is(await answered, 7);
	t.is(await client.owner(counter.name), owner);
});

test('the terminal may change its size in the middle of the story', async (t) => {
	const {bus, client} = await busWithCounter(t);
	const screen = await RealScreen.on(t, bus, large);
	await screen.beginFreeze();
	await screen.press('n', /◉ hold/);
	await screen.pty.resize(80, 24);
	await screen.see(/^ n next {2}c continue {2}a abort.*$/m);
	await screen.press('n', /◉ pre-dump/);
	t.deepEqual(edges(screen.pty.text(), 24), {lines: 24, widest: 80});
	await screen.pty.resize(70, 20);
	await screen.see(/This terminal is 70×20\. Please enlarge it to at least 80×24/);
	await screen.pty.resize(120, 40);
	await screen.see(/◉ pre-dump[\s\S]*Messages per second/);
	t.deepEqual(edges(screen.pty.text(), 40), {lines: 40, widest: 120});
	await screen.press('c', /is frozen, its names still owned/);
	await screen.pty.resize(80, 24);
	await screen.see(/Demo\.Counter is frozen, its names still owned; 0 wait\. t thaws/);
	await screen.beginThaw();
	await screen.press('c', /runs on, context preserved/);
	t.is(await client.add(counter, 1), 1);
});

test('in Chinese', async (t) => {
	const {bus, client} = await busWithCounter(t);
	const screen = await RealScreen.on(t, bus, {args: ['--lang', 'zh-CN'], columns: 100, rows: 30});
	await screen.see(/连接[\s\S]*消息[\s\S]*选择一个服务，按 f 冻结/);
	await screen.press('f', /冻结 org\.dbusfreeze\.Demo\.Counter[\s\S]*y 冻结/);
	await screen.press('y', /◉ snapshot/);
	await screen.press('c', /❄ 已冻结|❄ .*冻结/);
	await screen.see(/Demo\.Counter 已冻结/);
	await screen.press('q', /退出？[\s\S]*解冻命令：/);
	screen.pty.write('y');
	t.is(await screen.pty.ended(), 0);
	t.regex(screen.afterwards(), /仍处于冻结状态|仍冻结|仍被冻结/);
	const again = await RealScreen.on(t, bus, {args: ['--lang', 'zh-CN']});
	await again.see(/▸ ❄ /);
	await again.press('t', /y 解冻/);
	await again.press('y', /◉ pre-restore/);
	await again.press('c', /✔ .*Demo\.Counter .*上下文/);
	t.is(await client.add(counter, 1), 1);
});

/** A private bus with the counter on it, and a client that is no part of the program. */
async function busWithCounter(t: Parameters<typeof testBus>[0]): Promise<{
	bus: PrivateBus;
	pid: number;
	client: TestClient;
	owner: string;
}> {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const client = await TestClient.connect(t, bus);
	const owner = await client.owner(counter.name);
	await until(() => owner !== undefined, 'it owns its name');
	return {bus, pid, client, owner: owner ?? ''};
}

function keepersOf(bus: PrivateBus): number {
	const mark = `DBUSFREEZE_PRIVATE_BUS=${bus.dir}`;
	return fs.readdirSync('/proc').filter((pid) => {
		try {
			const environ = fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
			return environ.includes(mark) && fs.readFileSync(`/proc/${pid}/comm`, 'utf8') === 'dbusfreeze\n';
		} catch {
			return false;
		}
	}).length;
}

/** A user's shell: nothing of ours in it but the Node that runs us. */
function plainEnvironment(): NodeJS.ProcessEnv {
	return {PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`, LANG: 'C.UTF-8'};
}

/** How much of the terminal is drawn on. */
function edges(screen: string, rows: number): {lines: number; widest: number} {
	const lines = screen.split('\n').slice(0, rows);
	return {lines: lines.filter((line) => line !== '').length, widest: Math.max(...lines.map((l) => l.length))};
}

test('its keeper is killed: the screen says so, and t thaws it with a new connection', async (t) => {
	const {bus, client, owner} = await busWithCounter(t);
	const screen = await RealScreen.on(t, bus, large);
	await screen.freeze();
	const checkpoints = path.join(RealScreen.stateDir(bus), 'checkpoints');
	const [name = ''] = fs.readdirSync(checkpoints);
	const manifest = JSON.parse(fs.readFileSync(path.join(checkpoints, name, 'manifest.json'), 'utf8'));
	process.kill(manifest.keeper.pid, 'SIGKILL');
	await screen.see(/frozen, its keeper is gone/);
	await screen.beginThaw();
	await screen.press('c', /runs on, context preserved/);
	t.is(await client.add(counter, 1), 1);
	t.not(await client.owner(counter.name), owner);
});
