import type {ProcessSnapshot, Syscall} from '../../context/model.js';
import type {ClassedFinding} from './findings.js';

/** TIMER_ABSTIME of <time.h>. */
const untilMoment = 1n;

/**
 * Waits with a time limit that the kernel would go on with after a SIGSTOP, and that CRIU cannot (it does not get to see
 * how much time is left): they end with EINTR. Most programs then wait again; some take it for an error.
 */
const cutShort: Readonly<Record<string, (args: readonly string[]) => boolean>> = {
	poll: (args) => BigInt.asIntN(32, BigInt(args[2] ?? 0)) >= 0n,
	nanosleep: () => true,
	clock_nanosleep: (args) => (BigInt(args[1] ?? 0) & untilMoment) === 0n,
};

const isCutShort = ({name, args}: Syscall): boolean => cutShort[name]?.(args) ?? false;

/** What the threads of a process will see of the freeze. */
export function judgeThreads({pid, threads}: ProcessSnapshot): ClassedFinding[] {
	const calls = threads.flatMap(({syscall}) => (syscall && isCutShort(syscall) ? [syscall.name] : []));
	if (calls.length === 0) return [];
	const params = {pid, calls: [...new Set(calls)].sort().join(', ')};
	return [{class: 'changes', finding: 'waits-cut-short', params}];
}
