import {SystemCallError} from '../kernel/errors.js';
import {detach, interrupt, type StoppedThread, seize, stopOf} from '../kernel/ptrace.js';

/**
 * How long a thread may take to stand still, milliseconds. It does within microseconds unless it gets no CPU; one
 * that waits for a disk may take for ever.
 */
const stopLimitMs = 1000;
/** Looks that cost no sleep between them, about 50 µs: a sleeping thread stops within that. */
const eagerLooks = 40;
const lookMs = 0.1;

/**
 * Runs `work` while a thread stands still, some 50 µs for one that sleeps; the other threads run on. A call that
 * it was blocked in is interrupted as if by a signal without a handler: the kernel goes on with most of them,
 * and a few (epoll_wait) return EINTR.
 * @param work must not wait for anything.
 * @returns undefined when it could not be stopped: someone traces it, it has ended, or it does not respond.
 */
export function whileThreadStands<Result>(
	tid: number,
	work: (thread: StoppedThread) => Result,
): Result | undefined {
	try {
		seize(tid);
	} catch (error) {
		if (error instanceof SystemCallError) return undefined;
		throw error;
	}
	const stopped = stop(tid, stopLimitMs);
	if (stopped === 'ended') return undefined;
	if (stopped === undefined) {
		releaseLater(tid);
		return undefined;
	}
	try {
		return work(stopped);
	} finally {
		detach(stopped);
	}
}

function stop(tid: number, limitMs: number): StoppedThread | 'ended' | undefined {
	try {
		interrupt(tid);
	} catch (error) {
		if (error instanceof SystemCallError && error.code === 'ESRCH') return 'ended';
		throw error;
	}
	const limit = performance.now() + limitMs;
	for (let looks = 0; ; looks++) {
		const stopped = stopOf(tid);
		if (stopped) return stopped;
		if (looks < eagerLooks) continue;
		if (performance.now() > limit) return undefined;
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookMs);
	}
}

/** Only a thread that stands can be let go; this one will stand when its wait in the kernel ends. */
function releaseLater(tid: number): void {
	const timer = setInterval(() => {
		const stopped = stopOf(tid);
		if (stopped && stopped !== 'ended') detach(stopped);
		if (stopped) clearInterval(timer);
	}, 10);
	timer.unref();
}
