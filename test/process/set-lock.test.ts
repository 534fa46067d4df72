import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {readStat} from '../../src/kernel/proc-stat.js';
import {readFds} from '../../src/process/fds.js';
import {setLocks} from '../../src/process/set-lock.js';
import {temporaryFolder} from '../support/compile.js';
import {eventually} from '../support/eventually.js';

// Locks can be set in others on x86-64 only.
const onX64 = process.arch === 'x64' ? test : test.skip;

/** A program that has `file` open as 5. */
async function holder(t: ExecutionContext, file: string, program: string) {
	const child = spawn('/bin/sh', ['-c', `exec 5<>${file}; exec ${program}`], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	t.teardown(() => child.kill('SIGKILL'));
	const {pid = 0} = child;
	await eventually(() => readStat(pid)?.comm === program.split(' ')[0] && readStat(pid)?.state === 'S');
	return {child, pid};
}

const all = {fd: 5, type: 1, start: 0n, length: 0n};

onX64('a process is made to take a lock, and goes on with what it was doing', async (t) => {
	const file = path.join(temporaryFolder(t), 'data');
	const {child, pid} = await holder(t, file, 'cat');
	t.true(
		setLocks(pid, [
			{fd: 5, type: 0, start: 128n, length: 1n},
			{...all, start: 200n},
		]),
	);
	t.deepEqual(readFds(pid).locks, [`POSIX READ 128-128 ${file}`, `POSIX WRITE 200-EOF ${file}`]);
	child.stdin.end('still here\n');
	const [[said]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')]);
	t.is(String(said), 'still here\n');
	t.is(child.exitCode, 0);
});

onX64('what another process has locked, it does not get; nor what is no file of it', async (t) => {
	const file = path.join(temporaryFolder(t), 'data');
	const [first, second] = [await holder(t, file, 'cat'), await holder(t, file, 'cat')];
	t.true(setLocks(first.pid, [all]));
	t.false(setLocks(second.pid, [all]));
	t.false(setLocks(second.pid, [{...all, fd: 77}]));
	t.deepEqual(readFds(second.pid).locks, []);
	second.child.stdin.end();
	await once(second.child, 'exit');
	t.is(second.child.exitCode, 0);
});

onX64('a sleep with a time-out goes on, a stopped process stays stopped', async (t) => {
	const file = path.join(temporaryFolder(t), 'data');
	const sleeper = await holder(t, file, 'sleep 0.7');
	const start = performance.now();
	t.true(setLocks(sleeper.pid, [{...all, type: 0}]));
	await once(sleeper.child, 'exit');
	t.is(sleeper.child.exitCode, 0);
	t.true(performance.now() - start > 200, 'it has slept on');
	const stopped = await holder(t, file, 'cat');
	stopped.child.kill('SIGSTOP');
	await eventually(() => readStat(stopped.pid)?.state === 'T');
	t.true(setLocks(stopped.pid, [all]));
	await eventually(() => readStat(stopped.pid)?.state === 'T');
	t.deepEqual(readFds(stopped.pid).locks, [`POSIX WRITE 0-EOF ${file}`]);
	stopped.child.kill('SIGCONT');
	stopped.child.stdin.end();
	await once(stopped.child, 'exit');
	t.is(stopped.child.exitCode, 0);
});

test('a process that is gone has no locks', async (t) => {
	const {child, pid} = await holder(t, path.join(temporaryFolder(t), 'data'), 'cat');
	child.kill('SIGKILL');
	await once(child, 'exit');
	t.false(setLocks(pid, [all]));
});
