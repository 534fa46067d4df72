import type {
	Credentials,
	PosixTimer,
	ProcessSnapshot,
	SignalState,
	ThreadSnapshot,
	TimerState,
} from '../../context/model.js';
import {limitNames} from '../../process/limits.js';
import {schedulingOf} from '../../process/threads.js';
import type {Decoded} from './protobuf.js';
import type {core} from './schema.js';

type Core = Decoded<typeof core>;
type Task = NonNullable<Core['task']>;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Two words, lowest first, as one mask. */
function wideMask([low = 0, high = 0]: readonly number[]): string {
	return hex((BigInt(high) << 32n) | BigInt(low));
}

export function credentialsOf({thread}: Core): Credentials | undefined {
	const found = thread?.credentials;
	if (found === undefined) return undefined;
	const {uid = 0, gid = 0, euid = 0, egid = 0, suid = 0, sgid = 0, fsuid = 0, fsgid = 0, groups} = found;
	return {
		uid,
		euid,
		gid,
		egid,
		groups: [...groups],
		suid,
		fsuid,
		sgid,
		fsgid,
		capEff: wideMask(found.capEff),
		capPrm: wideMask(found.capPrm),
		capInh: wideMask(found.capInh),
		capBnd: wideMask(found.capBnd),
		capAmb: wideMask(found.capAmb),
		noNewPrivs: found.noNewPrivs === 1,
	};
}

/** SS_DISABLE of sigaltstack(2). */
const stackDisabled = 2;

/** What belongs to one thread, beside its registers. */
export function attributesOf(entry: Core): Partial<ThreadSnapshot> {
	const found = entry.thread;
	if (found === undefined) return {};
	// Of the main thread CRIU writes it with what belongs to the process.
	const blocked = found.blocked ?? entry.task?.blocked;
	const {policy, nice = 0, priority = 0, alternativeStack: stack} = found;
	// Threads that share the main thread's filters have no entry of their own.
	const seccompMode = found.seccompMode ?? (entry.task === undefined ? undefined : 0);
	return {
		...(blocked === undefined ? {} : {blocked: hex(blocked)}),
		pending: queued(found.pending),
		...(policy === undefined ? {} : {scheduling: schedulingOf({policy, nice, realtimePriority: priority})}),
		...(stack === undefined
			? {}
			: {
					altStack: {
						base: hex(stack.base ?? 0n),
						size: Number(stack.size ?? 0n),
						enabled: ((stack.flags ?? 0) & stackDisabled) === 0,
					},
				}),
		...(seccompMode === undefined ? {} : {seccomp: {mode: seccompMode}}),
	};
}

/** What belongs to the process as a whole. */
export function stateOf({task}: Core): Pick<ProcessSnapshot, 'signals' | 'limits' | 'timers'> {
	if (task === undefined || task.actions.length === 0) return {};
	const limits = (task.limits?.limits ?? []).map(
		({soft = 0n, hard = 0n}, index) =>
			[limitNames[index] ?? `limit-${index}`, [limitText(soft), limitText(hard)]] as const,
	);
	return {
		signals: signalsOf(task),
		...(limits.length === 0 ? {} : {limits: Object.fromEntries(limits)}),
		...(task.timers === undefined ? {} : {timers: timersOf(task.timers)}),
	};
}

/** RLIM_INFINITY, as /proc/PID/limits writes it. */
function limitText(limit: bigint): string {
	return limit === 0xffff_ffff_ffff_ffffn ? 'unlimited' : limit.toString();
}

const [SIGKILL, SIGSTOP, lastSignal] = [9, 19, 64];
/** SIG_IGN */
const ignored = 1n;

function signalsOf(task: Task): SignalState {
	const masks = {ignored: 0n, caught: 0n};
	const actions: NonNullable<SignalState['actions']> = [];
	const signals = Array.from({length: lastSignal}, (_, index) => index + 1).filter(
		(signal) => signal !== SIGKILL && signal !== SIGSTOP,
	);
	for (const [index, signal] of signals.entries()) {
		const {handler = 0n, flags = 0n, mask = 0n} = task.actions[index] ?? {};
		if (handler === 0n) continue;
		masks[handler === ignored ? 'ignored' : 'caught'] |= 1n << BigInt(signal - 1);
		if (handler !== ignored) {
			actions.push({signal, handler: hex(handler), flags: hex(flags), mask: hex(mask)});
		}
	}
	return {ignored: hex(masks.ignored), caught: hex(masks.caught), pending: queued(task.pending), actions};
}

function queued(queue: Task['pending']): string {
	let mask = 0n;
	for (const {siginfo} of queue?.signals ?? []) {
		if (siginfo === undefined || siginfo.length < 4) continue;
		const signal = Buffer.from(siginfo.buffer, siginfo.byteOffset, 4).readUInt32LE();
		if (signal > 0 && signal <= lastSignal) mask |= 1n << BigInt(signal - 1);
	}
	return hex(mask);
}

function timersOf({real, virtual, profile, posix}: NonNullable<Task['timers']>): TimerState {
	const intervals: NonNullable<TimerState['intervals']> = {};
	for (const [name, timer] of Object.entries({real, virtual, profile})) {
		const interval = seconds(timer?.intervalSeconds, timer?.intervalMicroseconds, 1e6);
		const value = seconds(timer?.seconds, timer?.microseconds, 1e6);
		if (value > 0 || interval > 0) intervals[name] = {value, interval};
	}
	return {
		posix: posix.map(
			(timer): PosixTimer => ({
				id: timer.id ?? 0,
				clock: timer.clock ?? 0,
				signal: timer.signal ?? 0,
				notify: timer.notify ?? 0,
				value: seconds(timer.seconds, timer.nanoseconds, 1e9),
				interval: seconds(timer.intervalSeconds, timer.intervalNanoseconds, 1e9),
			}),
		),
		intervals,
	};
}

function seconds(whole: bigint | undefined, part: bigint | undefined, parts: number): number {
	return Number(whole ?? 0n) + Number(part ?? 0n) / parts;
}
