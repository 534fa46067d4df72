import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../common/fault.js';

/** Milliseconds before each attempt; the last one is repeated. */
const pauses = [0, 100, 250, 500, 1000, 2000, 5000];

/**
 * Tries until it works. Undefined when `stop` is aborted. Faults other than an unreachable bus or a refused
 * monitor are no use to repeat, and are thrown; so is the last one when `patience` (milliseconds) is over.
 */
export async function untilConnected<T>(
	attempt: () => Promise<T>,
	stop: AbortSignal,
	patience = Number.POSITIVE_INFINITY,
): Promise<T | undefined> {
	const begun = performance.now();
	for (let round = 0; !stop.aborted; round++) {
		try {
			await delay(pauses[Math.min(round, pauses.length - 1)], undefined, {signal: stop});
			return await attempt();
		} catch (error) {
			if (stop.aborted) return undefined;
			const passing =
				error instanceof Fault && (error.code === 'bus-unreachable' || error.code === 'monitor-refused');
			if (!passing || performance.now() - begun >= patience) throw error;
		}
	}
	return undefined;
}
