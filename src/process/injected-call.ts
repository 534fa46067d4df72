import {readMemory, writeMemory} from '../kernel/memory.js';
import {
	interrupt,
	RegisterSet,
	registerSet,
	resume,
	resumeToSyscall,
	type StoppedThread,
	setRegisterSet,
	stopOf,
	syscallStop,
} from '../kernel/ptrace.js';
import {readMappings} from './maps.js';
import {packGeneralRegisters, parseGeneralRegisters} from './registers.js';

/** More bytes than the general registers of any architecture have. */
const mostRegisterBytes = 1024;
/** The x86-64 instruction `syscall`. */
const syscallInstruction = Buffer.from([0x0f, 0x05]);
/** A call that returns at once takes microseconds; this is for a machine without time. Milliseconds. */
const stopLimitMs = 2000;
/** Below the stack pointer a function may use 128 bytes (System V ABI, AMD64: the red zone). */
const redZone = 128n;

/** A system call that does not wait, with one structure in memory. */
export interface SystemCall {
	number: number;
	/** What the kernel reads; it may write there, too. */
	memory: Buffer;
	/** @param memory its address. */
	arguments: (memory: bigint) => readonly bigint[];
}

/**
 * The address of a `syscall` instruction in the code that the kernel maps into every process; undefined if there is
 * none. On x86-64 the vDSO does the system call where it cannot read the clock itself.
 */
export function syscallAddress(pid: number): bigint | undefined {
	const vdso = readMappings(pid).find((mapping) => mapping.path === '[vdso]');
	if (!vdso || process.arch !== 'x64') return undefined;
	const code = readMemory(pid, BigInt(vdso.start), vdso.end - vdso.start);
	const at = code.indexOf(syscallInstruction);
	return at === -1 ? undefined : BigInt(vdso.start + at);
}

/** Whether other processes can be made to do system calls: this kernel maps the same code into all. */
export function canCallWithin(): boolean {
	return syscallAddress(process.pid) !== undefined;
}

/**
 * Makes a thread that stands still do a system call, and gives it back its registers and memory. A signal that comes in
 * between is sent again. If we are killed in the middle, the thread goes on in a wrong place.
 * @param instruction from `syscallAddress`.
 * @returns what the kernel gave: a negative error number on failure.
 * @throws SystemCallError, or Error when the thread ended meanwhile or did not stop again.
 */
export function callWithin(thread: StoppedThread, instruction: bigint, call: SystemCall): number {
	const {tid} = thread;
	const original = registerSet(thread, RegisterSet.general, mostRegisterBytes);
	const registers = parseGeneralRegisters(original) ?? {};
	const place = (BigInt(registers.sp ?? 0) - redZone - BigInt(call.memory.length)) & ~15n;
	const values = call.arguments(place);
	const given = ['di', 'si', 'dx', 'r10', 'r8', 'r9'].map((name, n) => [name, String(values[n] ?? 0n)]);
	// orig_ax: it is in no system call, so that none is restarted here.
	const other = {ax: String(call.number), orig_ax: '-1', ip: String(instruction)};
	const prepared = packGeneralRegisters({...registers, ...Object.fromEntries(given), ...other});
	if (!prepared) throw new Error('registers are missing');
	const covered = readMemory(tid, place, call.memory.length);
	writeMemory(tid, place, call.memory);
	// One that was just being delivered is lost on the way, too.
	const signals = [thread.signal].filter((signal) => signal !== 0);
	thread.signal = 0;
	const goOn = (further: (thread: StoppedThread) => void): number => {
		further(thread);
		const signal = nextStop(tid);
		if (signal !== syscallStop && signal !== 0) signals.push(signal);
		return signal;
	};
	try {
		setRegisterSet(thread, RegisterSet.general, prepared);
		// Before the call and after it; a stopped group stops it once more before that.
		for (let stops = 0; stops < 2; ) if (goOn(resumeToSyscall) === syscallStop) stops++;
		const {ax = 0} = parseGeneralRegisters(registerSet(thread, RegisterSet.general, mostRegisterBytes)) ?? {};
		return Number(BigInt.asIntN(64, BigInt(ax)));
	} finally {
		// To a stop like the one that it was found in: from there, the kernel goes on with a call that was interrupted.
		interrupt(tid);
		while (goOn(resume) !== 0);
		setRegisterSet(thread, RegisterSet.general, original);
		writeMemory(tid, place, covered);
		for (const signal of signals) process.kill(tid, signal);
	}
}

/** @returns as `StoppedThread.signal`. */
function nextStop(tid: number): number {
	const limit = performance.now() + stopLimitMs;
	while (performance.now() < limit) {
		const stopped = stopOf(tid);
		if (stopped === 'ended') throw new Error('the thread has ended');
		if (stopped) return stopped.signal;
	}
	throw new Error('the thread does not stop');
}
