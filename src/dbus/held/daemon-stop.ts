import {Fault} from '../../common/fault.js';
import {SystemCallError} from '../../kernel/errors.js';
import {detach, interrupt, type StoppedThread, seize, stopOf} from '../../kernel/ptrace.js';
import {readText} from '../../process/read.js';
import {threadIds} from '../../process/tree.js';

/** How long a daemon may take to stand still, milliseconds; it does within microseconds unless it gets no CPU. */
const stopLimitMs = 1000;
/** Looks at a thread that cost no sleep between them: about 50 µs. */
const eagerLooks = 40;
/** Between two looks after those, milliseconds: on a busy machine the daemon needs our CPU to stop. */
const lookMs = 0.1;

export interface DaemonStop<Result> {
	result: Result;
	/** From when its first thread was last seen running until all ran again, milliseconds. */
	stoppedMs: number;
}

/**
 * Runs `work` while no thread of the bus daemon does. Everything happens within this call, and the daemon runs
 * again however it ends: the threads are held by ptrace, not by SIGSTOP, so the kernel itself releases them when
 * this process dies at any line, no parent is told of a stopped child, and a daemon that somebody else had
 * stopped stays stopped. The daemon sees what a signal handler would: an interrupted epoll_wait.
 * @param work must not wait for anything; `elapsedMs` is for it to end in good time.
 * @throws Fault `daemon-unstoppable`: it is being debugged, we may not, or it did not stand still within a second.
 */
export function whileDaemonStands<Result>(
	pid: number,
	work: (elapsedMs: () => number) => Result,
): DaemonStop<Result> {
	const seized = new Map<number, StoppedThread | 'running'>();
	let standsSince = 0;
	const elapsedMs = () => performance.now() - standsSince;
	let result: Result;
	try {
		seizeAll(pid, seized);
		standsSince = stopAll(pid, seized);
		result = work(elapsedMs);
	} finally {
		releaseAll(seized);
	}
	return {result, stoppedMs: elapsedMs()};
}

/** Attaching stops nothing yet. Threads may come while we look, so until nothing is new. */
function seizeAll(pid: number, seized: Map<number, StoppedThread | 'running'>): boolean {
	let found = false;
	for (let isNew = true; isNew; ) {
		isNew = false;
		for (const tid of threadIds(pid)) {
			if (seized.has(tid)) continue;
			try {
				seize(tid);
			} catch (error) {
				if (!(error instanceof SystemCallError)) throw error;
				// A thread that ended since the list was made; the process itself must be there.
				if (tid !== pid && (error.code === 'ESRCH' || isEnding(pid, tid))) continue;
				throw unstoppable(pid, error.code);
			}
			seized.set(tid, 'running');
			isNew = true;
			found = true;
		}
	}
	if (!seized.has(pid)) throw unstoppable(pid, 'ESRCH');
	return found;
}

/** One that is about to end can no longer be attached to (EPERM), and does nothing more. */
function isEnding(pid: number, tid: number): boolean {
	const state = /\) (\S)/.exec(readText(`/proc/${pid}/task/${tid}/stat`) ?? '')?.[1] ?? 'X';
	return state === 'Z' || state === 'X';
}

/**
 * @returns when the first thread was last seen running, on `performance`'s clock. On a busy machine a thread
 * may have to wait for a CPU before it can stop; it waits no longer for our asking.
 */
function stopAll(pid: number, seized: Map<number, StoppedThread | 'running'>): number {
	const limit = performance.now() + stopLimitMs;
	let standsSince: number | undefined;
	do {
		for (const [tid, state] of seized) if (state === 'running') interruptOne(tid);
		for (const [tid, state] of seized) {
			if (state !== 'running') continue;
			const {stopped, lastSeenRunning} = awaitStop(pid, tid, limit);
			standsSince ??= lastSeenRunning;
			if (stopped === 'ended') seized.delete(tid);
			else seized.set(tid, stopped);
		}
		// A thread that was still running may have made another one before it stopped.
	} while (seizeAll(pid, seized));
	return standsSince ?? performance.now();
}

function interruptOne(tid: number): void {
	try {
		interrupt(tid);
	} catch (error) {
		// It has ended, which `stopOf` tells.
		if (!(error instanceof SystemCallError && error.code === 'ESRCH')) throw error;
	}
}

function awaitStop(
	pid: number,
	tid: number,
	limit: number,
): {stopped: StoppedThread | 'ended'; lastSeenRunning: number} {
	let lastSeenRunning = performance.now();
	for (let looks = 0; ; looks++) {
		const now = performance.now();
		const stopped = stopOf(tid);
		if (stopped) return {stopped, lastSeenRunning};
		lastSeenRunning = now;
		if (looks < eagerLooks) continue;
		if (now > limit) throw unstoppable(pid, 'timeout');
		sleep(lookMs);
	}
}

/** Only a thread that stands can be let go, so one that was interrupted is waited for here, too. */
function releaseAll(seized: ReadonlyMap<number, StoppedThread | 'running'>): void {
	for (const state of seized.values()) if (state !== 'running') detach(state);
	for (const [tid, state] of seized) if (state === 'running') releaseRunning(tid);
}

function releaseRunning(tid: number): void {
	interruptOne(tid);
	const start = performance.now();
	while (performance.now() - start < stopLimitMs) {
		const stopped = stopOf(tid);
		if (stopped && stopped !== 'ended') detach(stopped);
		if (stopped) return;
		sleep(lookMs);
	}
	// It runs, and goes on doing so: a thread in an uninterruptible wait. Ends with us at the latest.
}

function unstoppable(pid: number, reason: string): Fault<'daemon-unstoppable'> {
	return new Fault('daemon-unstoppable', {pid, reason}, {processState: 'frozen'});
}

/** Blocks this thread, which is the point: nothing else of ours may run while the daemon stands. */
function sleep(milliseconds: number): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
