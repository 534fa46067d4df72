import {SystemCallError} from './errors.js';
import {call} from './library.js';

// Policies, <bits/sched.h>.
const SCHED_OTHER = 0;
const SCHED_RR = 2;
/** Processes and threads that start meanwhile are ordinary ones. */
const SCHED_RESET_ON_FORK = 0x40000000;

/**
 * Runs short work that others wait for ahead of all ordinary processes: a busy machine would otherwise take the
 * CPU from us in the middle of it for 4–70 ms. Needs CAP_SYS_NICE; without, it just runs.
 */
export function withoutPreemption<Result>(work: () => Result): Result {
	const isAhead = schedule(SCHED_RR | SCHED_RESET_ON_FORK, 1);
	try {
		return work();
	} finally {
		if (isAhead) schedule(SCHED_OTHER, 0);
	}
}

/** Of this thread. */
function schedule(policy: number, priority: number): boolean {
	const parameter = Buffer.alloc(4);
	parameter.writeInt32LE(priority);
	try {
		call('sched_setscheduler', 0, policy, parameter);
		return true;
	} catch (error) {
		if (error instanceof SystemCallError && error.code === 'EPERM') return false;
		throw error;
	}
}
