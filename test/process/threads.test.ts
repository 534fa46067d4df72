import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, readlinkSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import type {ThreadSnapshot} from '../../src/context/model.js';
import {CodePlaces} from '../../src/process/code-places.js';
import {parseSyscallFile, readThreads} from '../../src/process/threads.js';
import {compile, temporaryFolder} from '../support/compile.js';
import {eventually} from '../support/eventually.js';
import {runProgram} from '../support/run-program.js';

const source = 'test/process/programs/blocked.c';

/** What each thread of the program must come to. */
const expected: Record<string, RegExp> = {
	blocked: /^(pause|ppoll)$/,
	'in-read': /^read$/,
	'in-poll': /^p?poll$/,
	'in-futex': /^futex$/,
	'in-nanosleep': /^(clock_)?nanosleep$/,
	'in-pause': /^(pause|ppoll)$/,
};

/** The threads once each of them is where it stays. */
function settledThreads(pid: number): Promise<ThreadSnapshot[]> {
	return eventually(() => {
		const threads = readThreads(pid, new CodePlaces().of(pid));
		const isSettled = Object.entries(expected).every(([name, syscall]) =>
			threads.some(({comm, syscall: now}) => comm === name && syscall.test(now?.name ?? '')),
		);
		return isSettled && threads;
	});
}

async function start(t: ExecutionContext, args: string[] = []) {
	const program = await runProgram(t, compile(t, source, ['-no-pie']), args);
	return {...program, threads: await settledThreads(program.pid)};
}

test('every thread: its name, state, and the system call that it is in', async (t) => {
	const {pid, lines, threads} = await start(t, ['running']);
	const byName = new Map(threads.map((thread) => [thread.comm, thread]));
	t.is(threads[0]?.tid, pid);
	t.is(threads.length, 7);
	const pipe = `0x${Number(lines.at(-1)?.split(' ')[1]).toString(16)}`;
	t.is(byName.get('in-read')?.syscall?.args[0], pipe);
	t.is(byName.get('in-read')?.syscall?.args[2], '0x1');
	t.is(byName.get('in-poll')?.syscall?.args[1], '0x1');
	for (const thread of threads) {
		t.is(thread.state, thread.comm === 'running' ? 'R' : 'S');
		if (thread.comm !== 'running') t.regex(thread.where?.module ?? '', /libc|blocked/);
	}
	t.regex(byName.get('in-futex')?.wchan ?? '', /futex/);
});

test('a running thread has no place', async (t) => {
	const {pid, threads} = await start(t, ['running']);
	const running = threads.find(({comm}) => comm === 'running');
	// On a busy machine it may be waiting for a processor; the kernel then reports -1 and where it will go on.
	const text = readFileSync(`/proc/${pid}/task/${running?.tid}/syscall`, 'utf8');
	t.regex(text, /^(running|-1 )/);
	t.is(running?.syscall, undefined);
	t.is(running?.wchan, undefined);
});

test('program counter and stack pointer are those of the kernel, and stay while blocked', async (t) => {
	const {pid, threads} = await start(t);
	for (const {tid, sp, pc} of threads) {
		const words = readFileSync(`/proc/${pid}/task/${tid}/syscall`, 'utf8').trim().split(' ');
		t.deepEqual([sp, pc], words.slice(-2));
	}
	// The kernel names the function a moment after the thread has gone to sleep.
	const lasting = ({wchan: _, ...rest}: (typeof threads)[number]) => rest;
	t.deepEqual(readThreads(pid, new CodePlaces().of(pid)).map(lasting), threads.map(lasting));
});

test('what gdb says of the same thread', async (t) => {
	const {pid, threads} = await start(t);
	const gdb = spawn(
		'gdb',
		[
			'-p',
			String(pid),
			'-batch',
			'-nx',
			'-ex',
			'thread apply all printf "@%d %p\\n", $_gthread, $pc',
			'-ex',
			'info threads',
		],
		{
			stdio: ['ignore', 'pipe', 'ignore'],
		},
	);
	let text = '';
	gdb.stdout.on('data', (chunk) => {
		text += chunk;
	});
	const failed = await Promise.race([
		once(gdb, 'error').then(() => true),
		once(gdb, 'close').then(() => false),
	]);
	if (failed || !text.includes('LWP')) {
		t.pass('no gdb here');
		return;
	}
	let compared = 0;
	for (const {tid, pc} of threads) {
		const line = text.split('\n').find((one) => new RegExp(`^[* ] +\\d+ .*LWP ${tid}\\)`).test(one)) ?? '';
		// gdb leaves the address out where it knows the source line.
		const address = /0x0*([0-9a-f]+) in /.exec(line)?.[1];
		if (address === undefined) continue;
		t.is(`0x${address}`, pc ?? '');
		compared++;
	}
	t.true(compared >= 3);
	t.regex(text, /wait_in_own_code/);
});

test('a stopped process, and a zombie', async (t) => {
	const {child, pid} = await start(t);
	child.kill('SIGSTOP');
	await eventually(() => readThreads(pid, () => undefined).every(({state}) => state === 'T'));
	const parent = await runProgram(t, compile(t, 'test/process/programs/descriptors.c'), [temporaryFolder(t)]);
	const zombie = Number(parent.lines.find((line) => line.startsWith('zombie'))?.split(' ')[1]);
	const [thread, ...others] = readThreads(zombie, () => undefined);
	t.like(thread, {tid: zombie, comm: 'descriptors', state: 'Z', syscall: undefined, pc: undefined});
	t.deepEqual(others, []);
	t.throws(() => readlinkSync(`/proc/${zombie}/exe`));
	t.deepEqual(
		readThreads(2 ** 22 + 1, () => undefined),
		[],
	);
});

test('the text of the syscall file', (t) => {
	t.is(parseSyscallFile('running\n'), undefined);
	t.is(parseSyscallFile(''), undefined);
	t.is(parseSyscallFile('-1 0x0 0x0\n'), undefined);
	t.deepEqual(parseSyscallFile('-1 0x7ffc 0x7f12\n'), {sp: 0x7ffcn, pc: 0x7f12n});
	t.is(parseSyscallFile('0 0x3 0x1 0x2 0x0 0x0 0x0 0x7ffc 0x7f12\n')?.syscall?.args.length, 6);
});
