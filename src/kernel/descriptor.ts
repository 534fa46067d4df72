import {call, callInThread} from './library.js';

// fcntl commands, <fcntl.h>; the same on x86-64 and arm64.
const F_GETFL = 3;
const F_SETFL = 4;

/** O_NONBLOCK, <fcntl.h>. It lives on the open file description, which all duplicates share. */
export const O_NONBLOCK = 0o4000;

const POLLIN = 1;

/** Whether poll(2) says that there is something to read, or an end; asks and does not wait. */
export function isReadable(fd: number): boolean {
	return call('poll', readRequest(fd), 1, 0) > 0;
}

/**
 * Waits, in another thread, until there is something to read, or an end, but no longer than `ms` milliseconds.
 * For a descriptor that Node's own event loop must not see, because it would make it non-blocking for all who
 * share it. It stays open until then: closing it here ends nothing earlier.
 */
export async function readableWithin(fd: number, ms: number): Promise<boolean> {
	return (await callInThread('poll', readRequest(fd), 1, Math.ceil(ms))) > 0;
}

/** struct pollfd {int fd; short events; short revents} */
function readRequest(fd: number): Buffer {
	const request = Buffer.alloc(8);
	request.writeInt32LE(fd, 0);
	request.writeInt16LE(POLLIN, 4);
	return request;
}

export function closeFd(fd: number): void {
	call('close', fd);
}

/** The F_GETFL bits: access mode and status flags of the open file description that `fd` shares. */
export function statusFlags(fd: number): number {
	return call('fcntl', fd, F_GETFL, 0);
}

/** Sets the status flags (only O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT and O_NOATIME can change). */
export function setStatusFlags(fd: number, flags: number): void {
	call('fcntl', fd, F_SETFL, flags);
}
