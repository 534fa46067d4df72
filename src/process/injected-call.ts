import {readMemory, writeMemory} from '../kernel/memory.js';
import {
	RegisterSet,
	registerSet,
	type StoppedThread,
	setRegisterSet,
	singleStep,
	stopOf,
} from '../kernel/ptrace.js';
import {readMappings} from './maps.js';
import {packGeneralRegisters, parseGeneralRegisters} from './registers.js';

/** More bytes than the general registers of any architecture have. */
const mostRegisterBytes = 1024;
/** The x86-64 instruction `syscall`. */
const syscallInstruction = Buffer.from([0x0f, 0x05]);
const SIGTRAP = 5;
/** A call that returns at once takes microseconds; this is for a machine without time. Milliseconds. */
const stepLimitMs = 2000;
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
	const signals: number[] = [];
	try {
		setRegisterSet(thread, RegisterSet.general, prepared);
		for (;;) {
			const signal = step(thread);
			if (signal !== SIGTRAP && signal !== 0) signals.push(signal);
			const now = parseGeneralRegisters(registerSet(thread, RegisterSet.general, mostRegisterBytes));
			// A stopped group stops it once more before the first instruction.
			if (BigInt(now?.ip ?? 0) !== instruction) return Number(BigInt.asIntN(64, BigInt(now?.ax ?? 0)));
		}
	} finally {
		setRegisterSet(thread, RegisterSet.general, original);
		writeMemory(tid, place, covered);
		for (const signal of signals) process.kill(tid, signal);
	}
}

/** @returns the signal that stopped it; 0: none. */
function step(thread: StoppedThread): number {
	singleStep(thread);
	const limit = performance.now() + stepLimitMs;
	while (performance.now() < limit) {
		const stopped = stopOf(thread.tid);
		if (stopped === 'ended') throw new Error('the thread has ended');
		if (stopped) return stopped.signal;
	}
	throw new Error('the thread does not stop');
}
