import type {CodePlace, Scheduling, Syscall, ThreadSnapshot} from '../context/model.js';
import {parseStat, parseThreadStat, type ThreadStat} from '../kernel/proc-stat.js';
import {ownNumber} from './pid-namespace.js';
import {readText} from './read.js';
import {maskField, readStatus, type Status} from './status.js';
import {syscallName} from './syscalls.js';
import {threadIds} from './tree.js';

/**
 * Every thread of a process, the main thread first, without attaching to or stopping any. A thread that was
 * running has no place; only threads that sleep in the kernel do.
 */
export function readThreads(
	pid: number,
	placeOf: (address: bigint) => CodePlace | undefined,
): ThreadSnapshot[] {
	return threadIds(pid).flatMap((tid) => readThread(pid, tid, placeOf) ?? []);
}

function readThread(
	pid: number,
	tid: number,
	placeOf: (address: bigint) => CodePlace | undefined,
): ThreadSnapshot | undefined {
	const folder = `/proc/${pid}/task/${tid}`;
	const text = readText(`${folder}/stat`);
	if (text === undefined) return undefined;
	const {comm, state} = parseStat(text);
	const thread: ThreadSnapshot = {tid, comm, state, scheduling: schedulingOf(parseThreadStat(text))};
	const status = readStatus(folder);
	const ownTid = ownNumber(status);
	if (ownTid !== undefined) thread.ownTid = ownTid;
	if (status) Object.assign(thread, attributes(status));
	const wchan = readText(`${folder}/wchan`)?.trim();
	// "0": not asleep, or this kernel does not tell.
	if (wchan && wchan !== '0') thread.wchan = wchan;
	const position = parseSyscallFile(readText(`${folder}/syscall`) ?? '');
	if (!position) return thread;
	if (position.syscall) thread.syscall = position.syscall;
	thread.sp = hex(position.sp);
	thread.pc = hex(position.pc);
	const where = placeOf(position.pc);
	if (where) thread.where = where;
	return thread;
}

/** SCHED_… of <linux/sched.h>; 4 was never given out. */
const policies = ['other', 'fifo', 'rr', 'batch', undefined, 'idle', 'deadline', 'ext'] as const;

/** SCHED_RESET_ON_FORK: sched_getscheduler(2), which CRIU asks, adds it to the policy; /proc does not show it. */
const resetOnFork = 0x4000_0000;

/** By the numbers that the kernel and CRIU use. */
export function schedulingOf({
	policy,
	realtimePriority,
	nice,
}: Pick<ThreadStat, 'policy' | 'realtimePriority' | 'nice'>): Scheduling {
	const plain = policy & ~resetOnFork;
	return {policy: policies[plain] ?? `policy-${plain}`, priority: realtimePriority, nice};
}

function attributes(status: Status): Pick<ThreadSnapshot, 'blocked' | 'pending' | 'affinity' | 'seccomp'> {
	const [blocked, pending] = [maskField(status, 'SigBlk'), maskField(status, 'SigPnd')];
	const affinity = status.get('Cpus_allowed_list');
	const [mode, filters] = [status.get('Seccomp'), status.get('Seccomp_filters')];
	return {
		...(blocked === undefined ? {} : {blocked}),
		...(pending === undefined ? {} : {pending}),
		...(affinity === undefined ? {} : {affinity}),
		...(mode === undefined
			? {}
			: {seccomp: {mode: Number(mode), ...(filters === undefined ? {} : {filters: Number(filters)})}}),
	};
}

/**
 * The text of /proc/PID/task/TID/syscall: `running`; or `-1 SP PC` when stopped outside a system call; or
 * `NR ARG×6 SP PC`. Undefined for a thread that was running or has ended.
 */
export function parseSyscallFile(text: string): {syscall?: Syscall; sp: bigint; pc: bigint} | undefined {
	const words = text.trim().split(' ');
	const sp = words.at(-2);
	const pc = words.at(-1);
	const nr = Number(words[0]);
	if (words.length < 3 || sp === undefined || pc === undefined || Number.isNaN(nr)) return undefined;
	const position = {sp: BigInt(sp), pc: BigInt(pc)};
	// A zombie has no stack.
	if (position.pc === 0n && position.sp === 0n) return undefined;
	if (nr < 0 || words.length !== 9) return position;
	const args = words.slice(1, 7).map((word) => hex(BigInt(word)));
	return {syscall: {nr, name: syscallName(nr), args}, ...position};
}

function hex(number: bigint): string {
	return `0x${number.toString(16)}`;
}
