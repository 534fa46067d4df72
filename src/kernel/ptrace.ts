import {SystemCallError} from './errors.js';
import {addressOf, call} from './library.js';

// Requests, <sys/ptrace.h>; the same on x86-64 and arm64.
const PTRACE_CONT = 7;
const PTRACE_DETACH = 17;
const PTRACE_SYSCALL = 24;
const PTRACE_GETREGSET = 0x4204;
const PTRACE_SETREGSET = 0x4205;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
/** A system call's stops are told from the delivery of a SIGTRAP. */
const PTRACE_O_TRACESYSGOOD = 1;
/** In bits 16–23 of a wait status: the stop is no signal's delivery but one of PTRACE_INTERRUPT or of a stopped group. */
const PTRACE_EVENT_STOP = 128;

// Options of waitpid, <bits/waitflags.h>.
const WNOHANG = 1;
/** Threads too, that were not cloned by us. */
const __WALL = 0x40000000;

/** What `stopOf` gives for a thread that is about to begin a system call, or has just done it: no signal has this number. */
export const syscallStop = 0x85;

/** A traced thread that stands still, and the signal that was just being delivered to it (0: none). */
export interface StoppedThread {
	tid: number;
	signal: number;
}

/**
 * Attaches to a thread without stopping it. The tracer is the calling *thread* of ours; when it ends in any way,
 * SIGKILL included, the kernel lets the traced thread run on.
 * @throws SystemCallError EPERM: someone traces it already, or we may not; ESRCH: there is no such thread.
 */
export function seize(tid: number): void {
	call('ptrace', PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD);
}

/** Asks a seized thread to stop; it does so the next time it is in the kernel, see `stopOf`. */
export function interrupt(tid: number): void {
	call('ptrace', PTRACE_INTERRUPT, tid, 0, 0);
}

/**
 * Whether a seized thread has stopped by now; never waits.
 * @returns undefined: it still runs; 'ended': it has exited.
 */
export function stopOf(tid: number): StoppedThread | 'ended' | undefined {
	const status = Buffer.alloc(4);
	try {
		if (call('waitpid', tid, status, WNOHANG | __WALL) === 0) return undefined;
	} catch (error) {
		if (error instanceof SystemCallError && error.code === 'ECHILD') return 'ended';
		throw error;
	}
	const value = status.readUInt32LE();
	// WIFSTOPPED: the low byte is 0x7f.
	if ((value & 0xff) !== 0x7f) return 'ended';
	const isEvent = value >>> 16 === PTRACE_EVENT_STOP;
	return {tid, signal: isEvent ? 0 : (value >>> 8) & 0xff};
}

/** Note types of register sets, <elf.h>. */
export const RegisterSet = {general: 1, x86Extended: 0x202} as const;

/**
 * A register set of a thread that stands still, as the kernel lays it out (struct user_regs_struct, XSAVE area).
 * @param most more bytes than the set has.
 * @throws SystemCallError ESRCH: it does not stand; EINVAL, ENODEV: this processor has no such set.
 */
export function registerSet({tid}: StoppedThread, set: number, most: number): Buffer {
	const bytes = Buffer.alloc(most);
	// struct iovec {void *base; size_t length}; the kernel writes back how much it filled.
	const vector = Buffer.alloc(16);
	vector.writeBigUInt64LE(addressOf(bytes), 0);
	vector.writeBigUInt64LE(BigInt(most), 8);
	call('ptrace', PTRACE_GETREGSET, tid, set, Number(addressOf(vector)));
	return bytes.subarray(0, Number(vector.readBigUInt64LE(8)));
}

/** Gives a thread that stands still other registers, laid out as `registerSet` gives them. Throws as it does. */
export function setRegisterSet({tid}: StoppedThread, set: number, bytes: Buffer): void {
	const vector = Buffer.alloc(16);
	vector.writeBigUInt64LE(addressOf(bytes), 0);
	vector.writeBigUInt64LE(BigInt(bytes.length), 8);
	call('ptrace', PTRACE_SETREGSET, tid, set, Number(addressOf(vector)));
}

/** Lets a thread that stands still run to its next stop, which `stopOf` tells; the signal it was about to get is dropped. */
export function resume({tid}: StoppedThread): void {
	call('ptrace', PTRACE_CONT, tid, 0, 0);
}

/** As `resume`; it also stops before and after its next system call, with `syscallStop`. */
export function resumeToSyscall({tid}: StoppedThread): void {
	call('ptrace', PTRACE_SYSCALL, tid, 0, 0);
}

/** Lets a stopped thread go and run on; the signal that it was about to get is delivered. Gone meanwhile: nothing. */
export function detach({tid, signal}: StoppedThread): void {
	try {
		call('ptrace', PTRACE_DETACH, tid, 0, signal);
	} catch (error) {
		if (!(error instanceof SystemCallError && error.code === 'ESRCH')) throw error;
	}
}
