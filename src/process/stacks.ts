import {closeSync, openSync, readSync} from 'node:fs';
import {RegisterSet, registerSet, type StoppedThread} from '../kernel/ptrace.js';
import {withoutPreemption} from '../kernel/scheduling.js';
import {type Mapping, mappingAt} from './maps.js';
import {ifReadable} from './read.js';
import {digest, parseGeneralRegisters} from './registers.js';
import {whileThreadStands} from './stopped-thread.js';
import {parseXsave, vectorDigests} from './vectors.js';

/** What is seen of a thread only while it stands. */
export interface ThreadState {
	registers: Record<string, string>;
	vectors?: Record<string, string>;
	stackDigest?: string;
	/** The stack from below the stack pointer on. */
	stack?: {address: number; bytes: Buffer};
}

/** How much of a stack is kept for its backtrace, bytes: some hundred frames of usual size. */
const keptStack = 128 * 1024;
const pageBytes = 4096;
/** How far around the stack pointer the digest goes, bytes. */
export const digestReach = 1024;

// More than any processor has: AMX needs 11 kB.
const mostGeneral = 512;
const mostExtended = 16_384;

/**
 * Looks at threads one by one, each standing for some 50 µs while its registers and the top of its stack are
 * copied; what is made of these is made afterwards.
 */
export function stoppedStates(
	pid: number,
	tids: readonly number[],
	mappings: readonly Mapping[],
): Map<number, ThreadState> {
	const states = new Map<number, ThreadState>();
	const memory = ifReadable(() => openSync(`/proc/${pid}/mem`, 'r'));
	try {
		for (const tid of tids) {
			// Without being preempted: on a busy machine a thread stood for milliseconds while we waited for a CPU.
			const raw = withoutPreemption(() => whileThreadStands(tid, (thread) => copy(thread, memory, mappings)));
			const state = raw && stateOf(raw);
			if (state) states.set(tid, state);
		}
	} finally {
		if (memory !== undefined) closeSync(memory);
	}
	return states;
}

interface RawState {
	general: Buffer;
	extended: Buffer | undefined;
	stackPointer: number;
	stack: {address: number; bytes: Buffer} | undefined;
}

function copy(thread: StoppedThread, memory: number | undefined, mappings: readonly Mapping[]): RawState {
	const general = registerSet(thread, RegisterSet.general, mostGeneral);
	const extended =
		process.arch === 'x64' ? registerSet(thread, RegisterSet.x86Extended, mostExtended) : undefined;
	// Its place in user_regs_struct: rsp on x86-64, sp on arm64.
	const stackPointer = Number(general.readBigUInt64LE(process.arch === 'x64' ? 19 * 8 : 31 * 8));
	const mapping = mappingAt(mappings, stackPointer);
	const stack = mapping && memory !== undefined ? readStack(memory, mapping, stackPointer) : undefined;
	return {general, extended, stackPointer, stack};
}

function readStack(memory: number, {start, end}: Mapping, stackPointer: number): RawState['stack'] {
	const {address, length} = stackRange(start, end, stackPointer);
	const bytes = Buffer.allocUnsafe(length);
	const read = ifReadable(() => readSync(memory, bytes, 0, length, address)) ?? 0;
	return {address, bytes: bytes.subarray(0, read)};
}

/** What is kept of the stack in the mapping from `start` to `end`: whole pages, as readers of core files want. */
export function stackRange(
	start: number,
	end: number,
	stackPointer: number,
): {address: number; length: number} {
	const address = Math.max(start, Math.floor((stackPointer - digestReach) / pageBytes) * pageBytes);
	return {address, length: Math.min(end - address, keptStack)};
}

function stateOf({general, extended, stackPointer, stack}: RawState): ThreadState | undefined {
	const registers = parseGeneralRegisters(general);
	if (!registers) return undefined;
	const vectors = extended && parseXsave(extended);
	return {
		registers,
		...(vectors ? {vectors: vectorDigests(vectors)} : {}),
		...(stack ? {stack, stackDigest: stackDigest(stack.bytes, stack.address, stackPointer)} : {}),
	};
}

/**
 * Digest of the stack within `digestReach` of the stack pointer. Below it lies what earlier calls left behind, so
 * that two equal digests mean that the thread has done nothing in between.
 * @param bytes of the stack from `address` on; it may end before, as the stack does.
 */
export function stackDigest(bytes: Uint8Array, address: number, stackPointer: number): string {
	const from = Math.max(stackPointer - digestReach - address, 0);
	return digest(bytes.subarray(from, stackPointer + digestReach - address));
}
