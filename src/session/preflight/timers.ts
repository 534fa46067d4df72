import type {FdSnapshot} from '../../context/model.js';
import {dumped, heldAs, type Judgement} from './findings.js';

/** CLOCK_… of clock_gettime(2): those whose timers CRIU makes anew. */
const CLOCK_REALTIME = 0;
const knownClocks = new Set([CLOCK_REALTIME, 1, 7]);
const TFD_TIMER_ABSTIME = 1;

/**
 * CRIU sets a timer to the time that was left. That is wrong for an hour of the wall clock, which comes no later
 * because of a freeze.
 */
export function judgeTimer({timer}: FdSnapshot): Judgement {
	if (!timer) return dumped;
	const {clock, flags, value} = timer;
	const isOfTheWallClock = clock === CLOCK_REALTIME && (flags & TFD_TIMER_ABSTIME) !== 0 && value > 0;
	return isOfTheWallClock || !knownClocks.has(clock) ? heldAs('timerfd') : dumped;
}
