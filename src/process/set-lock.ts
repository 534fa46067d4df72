import {callWithin, syscallAddress} from './injected-call.js';
import {whileThreadStands} from './stopped-thread.js';

/** A POSIX record lock as fcntl(2) takes it. */
export interface RecordLock {
	fd: number;
	/** F_RDLCK is 0, F_WRLCK is 1. */
	type: number;
	/** Bytes from the beginning of the file; length 0: to its end, however that grows. */
	start: bigint;
	length: bigint;
}

// <asm/unistd_64.h> and <fcntl.h>
const fcntlNumber = 72;
const F_SETLK = 6n;
/** struct flock {short type; short whence; long start; long length; int pid}, with its padding. */
const flockBytes = 32;

/**
 * Makes a process take locks on its files, because nobody else can for it: its main thread stands still for some
 * 100 µs meanwhile.
 * @returns whether it has them all now: not if another process has taken one, or on another processor than x86-64.
 * @throws what `callWithin` throws.
 */
export function setLocks(pid: number, locks: readonly RecordLock[]): boolean {
	const instruction = syscallAddress(pid);
	if (instruction === undefined) return false;
	const results = whileThreadStands(pid, (thread) =>
		locks.map((lock) =>
			callWithin(thread, instruction, {
				number: fcntlNumber,
				memory: flockOf(lock),
				arguments: (memory) => [BigInt(lock.fd), F_SETLK, memory],
			}),
		),
	);
	return results?.every((result) => result === 0) ?? false;
}

function flockOf({type, start, length}: RecordLock): Buffer {
	const flock = Buffer.alloc(flockBytes);
	flock.writeInt16LE(type, 0);
	// whence 0: SEEK_SET.
	flock.writeBigInt64LE(start, 8);
	flock.writeBigInt64LE(length, 16);
	return flock;
}
