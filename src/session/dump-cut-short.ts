import {setTimeout as delay} from 'node:timers/promises';
import type {ProcessSnapshot, Snapshot} from '../context/model.js';
import {isAlive, readStat} from '../kernel/proc-stat.js';

/** A target whose criu was killed runs within microseconds, unless it gets no CPU; milliseconds. */
const releaseLimitMs = 1000;
/**
 * How long it is watched then, milliseconds: criu puts code of its own into it, and one that was left in the middle
 * of that may die of it.
 */
const watchMs = 100;
const lookMs = 5;

/**
 * To be called when criu was killed in the middle of a dump. The kernel lets go of what it had traced: waits until
 * the target runs, or has ended. Past the commit point criu ends one process after the other, and the images are
 * complete: then those that are left are ended, so that there is never a part of the target.
 */
export async function settleTarget({processes}: Snapshot, isCommitted: boolean): Promise<void> {
	const start = performance.now();
	const isTraced = () => processes.some((one) => readStat(here(one))?.state === 't');
	while (isTraced() && performance.now() - start < releaseLimitMs) await delay(lookMs);
	await delay(watchMs);
	if (!isCommitted) return;
	const isLeft = (one: ProcessSnapshot) => isAlive(here(one), one.startTime ?? '');
	if (processes.every(isLeft)) return;
	for (const one of processes.filter(isLeft)) process.kill(here(one), 'SIGKILL');
	while (processes.some(isLeft) && performance.now() - start < 2 * releaseLimitMs) await delay(lookMs);
}

/** A snapshot that was written down is in the numbers of the images. */
const here = ({pid, pidHere = pid}: ProcessSnapshot): number => pidHere;
