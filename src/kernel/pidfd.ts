import {setTimeout as delay} from 'node:timers/promises';
import {isReadable} from './descriptor.js';
import {systemCall} from './library.js';
import {isSameProcess} from './proc-stat.js';

// System call numbers, the same on every architecture since 5.1 unified them.
const PIDFD_SEND_SIGNAL = 424;
const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;

/**
 * A descriptor that means this very process, even after its pid is reused. Close-on-exec; the caller closes it.
 * @throws SystemCallError ESRCH: no such process; EINVAL: a thread, not a process.
 */
export function openPidfd(pid: number): number {
	return systemCall('pidfd_open', PIDFD_OPEN, pid, 0);
}

/**
 * Duplicates descriptor `fd` of another process into ours (close-on-exec here). Both share one open file
 * description: its flags and position too, so never hand the copy to `net.Socket`, which sets O_NONBLOCK.
 * @throws SystemCallError EBADF: it has no such fd; ESRCH: it is gone or a zombie; EPERM: we may not trace it.
 */
export function duplicateFd(pidfd: number, fd: number): number {
	return systemCall('pidfd_getfd', PIDFD_GETFD, pidfd, fd, 0);
}

/**
 * Sends a signal to exactly that process; 0 only asks whether it is there.
 * @throws SystemCallError ESRCH: it was reaped.
 */
export function signalPidfd(pidfd: number, signal: number): void {
	systemCall('pidfd_send_signal', PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0);
}

/** Whether the process has ended. A zombie has ended, and still occupies its pid. */
export function hasExited(pidfd: number): boolean {
	return isReadable(pidfd);
}

/** Waits until the process has ended. @returns false when `timeoutMs` passed first. */
export function waitForExit(pidfd: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
	return waitUntil(() => hasExited(pidfd), timeoutMs, signal);
}

/**
 * Waits until the process that started at `start` (`startTime()`) has been reaped by its parent, so that its pid
 * is free: a restore with the same pid fails while a zombie occupies it.
 * @returns false when `timeoutMs` passed first. Rejects with the signal's reason when aborted.
 */
export function waitUntilReaped(
	pid: number,
	start: string,
	timeoutMs: number,
	signal?: AbortSignal,
): Promise<boolean> {
	return waitUntil(() => !isSameProcess(pid, start), timeoutMs, signal);
}

/**
 * Asks again and again. No event says "reaped" before Linux 6.9, so the pause grows with the time already
 * waited (an eighth of it, 1–25 ms): at most 13 % late, and idle when it takes long.
 */
async function waitUntil(
	condition: () => boolean,
	timeoutMs: number,
	signal?: AbortSignal,
): Promise<boolean> {
	const begin = performance.now();
	for (;;) {
		signal?.throwIfAborted();
		if (condition()) return true;
		const waited = performance.now() - begin;
		if (waited >= timeoutMs) return false;
		const pause = Math.min(Math.max(waited / 8, 1), 25, timeoutMs - waited);
		await delay(pause, undefined, signal ? {signal} : {}).catch((error: unknown) => {
			throw signal?.aborted ? signal.reason : error;
		});
	}
}
