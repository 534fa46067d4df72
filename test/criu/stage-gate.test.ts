import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {StageGate, type StageNotice} from '../../src/criu/stage-gate.js';
import {temporaryFolder} from '../support/compile.js';

/** Runs the gate's script as criu does: its own environment, no descriptors but 0–2. Resolves with its exit code. */
async function reachStage(script: string, stage: string, pid?: number): Promise<number> {
	const env = {CRTOOLS_SCRIPT_ACTION: stage, ...(pid === undefined ? {} : {CRTOOLS_INIT_PID: String(pid)})};
	const child = spawn(script, [], {env, stdio: 'ignore'});
	const [code] = await once(child, 'exit');
	return code as number;
}

test('the stage and the pid arrive, and the answer is the exit code', async (t) => {
	const gate = new StageGate(path.join(temporaryFolder(t), 'gate'));
	t.teardown(() => gate.close());
	const seen: StageNotice[] = [];
	const codes = await gate.during(
		async (notice) => {
			seen.push(notice);
			return notice.stage === 'post-dump' ? 'abort' : 'continue';
		},
		async () => [
			await reachStage(gate.script, 'pre-dump', 42),
			await reachStage(gate.script, 'post-dump', 42),
			await reachStage(gate.script, 'pre-restore'),
		],
	);
	t.deepEqual(codes, [0, 1, 0]);
	t.deepEqual(seen, [
		{stage: 'pre-dump', pid: 42},
		{stage: 'post-dump', pid: 42},
		{stage: 'pre-restore', pid: 0},
	]);
});

test('a handler that fails aborts, and so does a stage that nobody waits for', async (t) => {
	const gate = new StageGate(path.join(temporaryFolder(t), 'gate'));
	t.teardown(() => gate.close());
	const failing = () => Promise.reject(new Error('no'));
	t.is(await gate.during(failing, () => reachStage(gate.script, 'pre-dump')), 1);
	const outside = reachStage(gate.script, 'pre-dump');
	t.not(await Promise.race([outside, new Promise((resolve) => setTimeout(resolve, 500))]), 0);
	gate.during(
		async () => 'continue',
		async () => {},
	);
});

test('the answer to a criu that was killed is not read by the next', async (t) => {
	const gate = new StageGate(path.join(temporaryFolder(t), 'gate'));
	t.teardown(() => gate.close());
	const killed = spawn(gate.script, [], {env: {CRTOOLS_SCRIPT_ACTION: 'post-dump'}, stdio: 'ignore'});
	let late = (_: 'continue') => {};
	await gate.during(
		() => {
			killed.kill('SIGKILL');
			return new Promise((resolve) => {
				late = resolve;
			});
		},
		() => once(killed, 'exit'),
	);
	late('continue');
	t.is(
		await gate.during(
			async () => 'abort',
			() => reachStage(gate.script, 'pre-dump'),
		),
		1,
	);
});

test('the debugger dies while criu waits: abort', async (t) => {
	const dir = path.join(temporaryFolder(t), 'gate');
	const holder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'programs', 'gate-holder.ts');
	const debuggerProcess = spawn(process.execPath, ['--import=tsx', holder, dir], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	t.teardown(() => debuggerProcess.kill('SIGKILL'));
	await once(debuggerProcess.stdout, 'data'); // the gate is there
	const exit = reachStage(path.join(dir, 'stage'), 'post-dump', 1);
	await once(debuggerProcess.stdout, 'data'); // it has been asked
	debuggerProcess.kill('SIGKILL');
	t.is(await exit, 1);
	t.is(await reachStage(path.join(dir, 'stage'), 'pre-dump'), 1, 'dead before the stage: the same');
});

test('only we may open it', (t) => {
	const dir = path.join(temporaryFolder(t), 'gate');
	const gate = new StageGate(dir);
	t.teardown(() => gate.close());
	t.is(fs.statSync(dir).mode & 0o777, 0o700);
	for (const name of fs.readdirSync(dir)) t.is(fs.statSync(path.join(dir, name)).mode & 0o077, 0);
});

test('a gate that closes late takes nothing from the next one in its place', (t) => {
	const dir = path.join(temporaryFolder(t), 'gate');
	const late = new StageGate(dir);
	fs.rmSync(dir, {recursive: true});
	const next = new StageGate(dir);
	late.close();
	t.true(fs.existsSync(next.script));
	next.close();
	t.false(fs.existsSync(dir));
});
