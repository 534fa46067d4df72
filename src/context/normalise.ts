import type {FdSnapshot, Moment, ThreadSnapshot} from './model.js';

/** How the place of a thread at one moment relates to its place at another. */
export type PlaceMatch =
	/** Same stack pointer, same instruction. */
	| 'same'
	/** Back at the system call instruction itself: the kernel will enter it again, unseen by the program. */
	| 'restarts'
	/** Back at the instruction, but with another number in ax: it would enter another call. */
	| 'wrong-restart'
	/** Just behind the instruction with the result −EINTR: the program sees one interrupted call. */
	| 'eintr'
	/** Just behind the instruction with another result: the call ended while the freeze began. */
	| 'returned'
	| 'different';

/** −EINTR as the 64-bit register shows it. */
const interrupted = 0xffff_ffff_ffff_fffcn;
/** Length of the instruction that enters the kernel: `syscall` on x86-64 (0f 05), `svc` on arm64. */
const entryLength = {x86: 2n, arm64: 4n} as const;
/** restart_syscall(2) on x86-64: under this number the kernel goes on with a call that a tracer interrupted. */
export const restartSyscallNr = 219;

/** A thread of which neither the program counter nor the stack pointer is known cannot be compared. */
export function hasPlace(thread: ThreadSnapshot): thread is ThreadSnapshot & {pc: string; sp: string} {
	return thread.pc !== undefined && thread.sp !== undefined;
}

/**
 * Compares the place of a thread that was in a system call (`live`, from /proc) with the registers that were
 * written to the image, or with the restored thread before it runs.
 *
 * CRIU interrupts the call to stop the thread. Afterwards it sets ip back by one instruction and ax to the call's
 * number if the kernel would have restarted it, or leaves ip and sets ax to −EINTR if it cannot be restarted.
 */
export function matchPlace(live: ThreadSnapshot, frozen: ThreadSnapshot): PlaceMatch {
	if (!hasPlace(live) || !hasPlace(frozen) || BigInt(live.sp) !== BigInt(frozen.sp)) {
		return 'different';
	}
	const livePc = BigInt(live.pc);
	const frozenPc = BigInt(frozen.pc);
	if (livePc === frozenPc) {
		return resultOf(frozen) ?? 'same';
	}
	const blocked = live.syscall ?? frozen.syscall;
	if (blocked !== undefined && Object.values(entryLength).includes((livePc - frozenPc) as 2n)) {
		return restartOf(frozen, livePc - frozenPc);
	}
	return 'different';
}

/** With registers at hand, a restart must also have the call's number in ax (on x86-64). */
function restartOf(
	{registers}: ThreadSnapshot,
	distance: bigint,
): 'restarts' | 'wrong-restart' | 'different' {
	if (registers?.orig_ax === undefined || registers.ax === undefined) {
		return 'restarts';
	}
	// −1: it was stopped in its own code, which may well be two bytes further up.
	if (distance !== entryLength.x86 || BigInt.asIntN(64, BigInt(registers.orig_ax)) < 0n) {
		return 'different';
	}
	return BigInt(registers.ax) === BigInt(registers.orig_ax) ? 'restarts' : 'wrong-restart';
}

function resultOf({registers}: ThreadSnapshot): 'eintr' | 'returned' | undefined {
	if (registers === undefined) {
		return undefined;
	}
	const result = registers.ax ?? registers.x0;
	const inCall = registers.orig_ax === undefined || BigInt.asIntN(64, BigInt(registers.orig_ax)) >= 0n;
	if (result === undefined || !inCall) {
		return undefined;
	}
	return BigInt(result) === interrupted ? 'eintr' : 'returned';
}

/** Nothing runs at these moments: what they show is exactly what was or will be. */
export function isFrozen(moment: Moment): boolean {
	return moment === 'image' || moment === 'pre-resume';
}

/** A tracer or SIGSTOP held the thread while we looked, so it cannot have moved before the freeze. */
export function wasStopped(thread: ThreadSnapshot): boolean {
	return thread.state === 't' || thread.state === 'T';
}

/**
 * Pending signals without SIGSTOP and SIGCONT: with these a process is stopped and woken from outside, also by CRIU
 * when it is told to leave it stopped.
 * @param mask of signals, hex, bit n − 1 for signal n.
 */
export function withoutStops(mask: string): string {
	const [SIGCONT, SIGSTOP] = [18n, 19n];
	const stops = (1n << (SIGCONT - 1n)) | (1n << (SIGSTOP - 1n));
	return `0x${(BigInt(mask) & ~stops).toString(16)}`;
}

/**
 * The path that a file was opened under. The kernel marks a file that was deleted or replaced on disk; CRIU brings
 * it back under a name of its own for a moment, which the kernel then goes on to show (`x.cr_link (deleted)`,
 * `x.cr.1.ghost (deleted)`; criu/files-reg.c). From one freeze to the next these endings add up.
 */
export function pathOf(target: string): string {
	return target.replace(/(?:\.cr_link|\.cr\.[0-9a-f]+\.ghost)*(?: \(deleted\))?$/, '');
}

/** Kinds whose /proc target names an inode that CRIU makes anew unless the descriptor was held. */
export function isNumbered({kind}: FdSnapshot): boolean {
	return kind === 'socket' || kind === 'pipe';
}

/** Status flags by name, the bits of <asm-generic/fcntl.h>; O_LARGEFILE is what 64-bit kernels show for every open(). */
const flagNames: Array<readonly [number, string]> = [
	[0o2000, 'O_APPEND'],
	[0o4000, 'O_NONBLOCK'],
	[0o10000, 'O_DSYNC'],
	[0o20000, 'O_ASYNC'],
	[0o40000, 'O_DIRECT'],
	[0o100000, 'O_LARGEFILE'],
	[0o200000, 'O_DIRECTORY'],
	[0o400000, 'O_NOFOLLOW'],
	[0o1000000, 'O_NOATIME'],
	[0o2000000, 'O_CLOEXEC'],
	[0o10000000, 'O_PATH'],
];

/** Flags that only mattered while the file was being opened; CRIU reopens a directory without O_DIRECTORY. */
const openOnly = new Set(['O_DIRECTORY', 'O_NOFOLLOW', 'O_LARGEFILE']);

export function mattersAfterOpen({set, cleared}: {set: string[]; cleared: string[]}): boolean {
	return [...set, ...cleared].some((name) => !openOnly.has(name));
}

/** Bits of octal flag texts that were set and cleared, by name; undefined when equal or not told by one side. */
export function flagChange(before: string, after: string): {set: string[]; cleared: string[]} | undefined {
	const was = Number.parseInt(before, 8);
	const is = Number.parseInt(after, 8);
	if (Number.isNaN(was) || Number.isNaN(is) || was === is) {
		return undefined;
	}
	return {set: nameBits(is & ~was), cleared: nameBits(was & ~is)};
}

function nameBits(bits: number): string[] {
	let rest = bits;
	const names: string[] = [];
	for (const [bit, name] of flagNames) {
		if ((rest & bit) !== 0) {
			names.push(name);
			rest &= ~bit;
		}
	}
	return rest === 0 ? names : [...names, `0${rest.toString(8)}`];
}
