import {compareConnections} from './connections.js';
import {compareMachines} from './machine.js';
import type {Difference, Snapshot} from './model.js';
import {type Moments, pairOf} from './pair.js';
import {compareProcesses} from './processes.js';

export type {Moments} from './pair.js';

/**
 * What differs between any two moments, each with its class and the reason. Fields that one side lacks are not
 * compared; a thread, descriptor, process or connection that is missing is.
 * @param moments all snapshots of this freeze and thaw, as evidence: e.g. a thread that is missing after the
 *   thaw but was there when it was restored has ended by itself.
 */
export function compareSnapshots(before: Snapshot, after: Snapshot, moments: Moments = {}): Difference[] {
	const pair = pairOf(before, after, moments);
	compareMachines(pair);
	compareProcesses(pair);
	compareConnections(pair);
	if (pair.bothBefore) return pair.differences.map((one) => excused(one, 'ran-between'));
	if (before.inCriu || after.inCriu) return pair.differences.map((one) => excused(one, 'in-criu'));
	return pair.differences;
}

/** Only what is in the process; what the bus says of its connections is true at any moment. */
function excused(difference: Difference, reason: 'ran-between' | 'in-criu'): Difference {
	const isOurs = difference.path.startsWith('processes/');
	// The usual excuse is wrong here: this was not the program's doing.
	const misjudged = difference.class !== 'expected' || difference.reason === 'ran-before-freeze';
	return isOurs && misjudged ? {...difference, class: 'expected', reason} : difference;
}
