import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, fstatSync, openSync, readFileSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {closeFd} from '../../src/kernel/descriptor.js';
import {readMemory} from '../../src/kernel/memory.js';
import {
	duplicateFd,
	hasExited,
	openPidfd,
	signalPidfd,
	waitForExit,
	waitUntilReaped,
} from '../../src/kernel/pidfd.js';
import {isSameProcess, parseStat, readStat, startTime} from '../../src/kernel/proc-stat.js';

const SIGKILL = 9;

async function sleeper(t: ExecutionContext, stdin: number | 'ignore' = 'ignore') {
	const child = spawn('sleep', ['1000'], {stdio: [stdin, 'ignore', 'ignore']});
	await once(child, 'spawn');
	t.teardown(() => child.kill('SIGKILL'));
	const pid = child.pid ?? 0;
	const pidfd = openPidfd(pid);
	t.teardown(() => closeFd(pidfd));
	return {child, pid, pidfd};
}

test('a descriptor of another process is duplicated, same file behind it', async (t) => {
	const file = openSync('/etc/passwd', 'r');
	t.teardown(() => closeSync(file));
	const {pidfd} = await sleeper(t, file);
	const copy = duplicateFd(pidfd, 0);
	t.is(fstatSync(copy).ino, fstatSync(file).ino);
	closeFd(copy);
	t.throws(() => duplicateFd(pidfd, 77), {code: 'EBADF'});
});

test('an ended process is seen, and its pidfd never means another one', async (t) => {
	const {child, pid, pidfd} = await sleeper(t);
	const start = startTime(pid) ?? '';
	t.false(hasExited(pidfd));
	t.true(isSameProcess(pid, start));
	t.false(isSameProcess(pid, String(Number(start) + 1)));
	t.false(await waitForExit(pidfd, 20), 'gives up after the time limit');
	const exit = once(child, 'exit');
	signalPidfd(pidfd, SIGKILL);
	t.true(await waitForExit(pidfd, 5000));
	await exit;
	t.true(await waitUntilReaped(pid, start, 5000));
	t.is(readStat(pid), undefined);
	t.throws(() => signalPidfd(pidfd, 0), {code: 'ESRCH'});
	t.throws(() => duplicateFd(pidfd, 0), {code: 'ESRCH'});
});

test('a zombie has exited but is not reaped', async (t) => {
	// This parent never waits for its child until it gets a line.
	const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; read line; wait'], {
		stdio: ['pipe', 'pipe', 'ignore'],
	});
	t.teardown(() => parent.kill('SIGKILL'));
	const [line] = (await once(parent.stdout, 'data')) as [Buffer];
	const pid = Number(line.toString());
	const start = startTime(pid) ?? '';
	// A stopped shell cannot reap.
	parent.kill('SIGSTOP');
	const pidfd = openPidfd(pid);
	t.teardown(() => closeFd(pidfd));
	signalPidfd(pidfd, SIGKILL);
	t.true(await waitForExit(pidfd, 5000));
	t.is(readStat(pid)?.state, 'Z');
	t.false(await waitUntilReaped(pid, start, 30));
	const aborted = new AbortController();
	const waiting = waitUntilReaped(pid, start, 60_000, aborted.signal);
	aborted.abort(new Error('enough'));
	await t.throwsAsync(waiting, {message: 'enough'});
	parent.kill('SIGCONT');
	parent.stdin.write('\n');
	t.true(await waitUntilReaped(pid, start, 5000));
});

test('no such process', (t) => {
	t.throws(() => openPidfd(2 ** 22 + 1), {code: 'ESRCH'});
	t.is(readStat(2 ** 22 + 1), undefined);
});

test('stat with a nasty name', (t) => {
	// Fields 5 to 53; field 22 is the 18th of them.
	const tail = Array.from({length: 49}, (_, i) => (i === 17 ? '123456' : '0')).join(' ');
	t.deepEqual(parseStat(`42 (a) b) R 7 (c) S 1 ${tail}\n`), {
		pid: 42,
		comm: 'a) b) R 7 (c',
		state: 'S',
		ppid: 1,
		pgid: 0,
		sid: 0,
		startTime: '123456',
	});
	t.throws(() => parseStat('nonsense'));
});

test('memory of another process', async (t) => {
	const {pid} = await sleeper(t);
	const first = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n', 1)[0] ?? '';
	const [from = '0', to = '0'] = first.split(' ', 1)[0]?.split('-') ?? [];
	const start = BigInt(`0x${from}`);
	t.is(readMemory(pid, start, 4).toString('latin1'), '\x7fELF');
	const all = readMemory(pid, start, Number(BigInt(`0x${to}`) - start));
	t.is(all.length, Number(BigInt(`0x${to}`) - start));
	t.throws(() => readMemory(pid, 0n, 8), {code: 'EIO'});
});
