import {isAlive} from '../kernel/proc-stat.js';
import {holdsSocket} from '../process/fds.js';
import type {Manifest} from './manifest.js';

/**
 * What a checkpoint really is, whatever its manifest says: a crash or a power cut may have come between.
 * `keeper-gone`: its process is frozen in the images, but nobody holds the connection any more.
 * `still-runs`: the freeze was cut short and the process never stopped.
 */
export type Standing = Manifest['state'] | 'keeper-gone' | 'still-runs';

export function standingOf(manifest: Manifest): Standing {
	const {state, target, keeper} = manifest;
	if (state === 'thawed' || state === 'aborted' || state === 'left-running' || state === 'lost') return state;
	const keeperLives = keeper !== null && isAlive(keeper.pid, keeper.startTime);
	if (keeperLives) return state;
	if (isAlive(target.pid, target.startTime)) return 'still-runs';
	return wasThawed(manifest) ? 'thawed' : 'keeper-gone';
}

/** The last word may have found no place on a full disk: but a process with the very socket has been restored. */
function wasThawed({connections}: Manifest): boolean {
	return connections.some(({pid, inode}) => holdsSocket(pid, inode));
}

export function isFrozen(manifest: Manifest): boolean {
	return standingOf(manifest) === 'frozen';
}
