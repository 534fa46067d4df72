import {isHalfRestored} from '../criu/leftovers.js';
import {isAlive} from '../kernel/proc-stat.js';
import {holdsSocket} from '../process/fds.js';
import type {Manifest} from './manifest.js';
import {numbersOf, pidHere} from './numbers.js';

/**
 * What a checkpoint really is, whatever its manifest says: a crash or a power cut may have come between.
 * `keeper-gone`: its process is frozen in the images, but nobody holds the connection any more.
 * `connection-gone`: it is frozen and held, but the daemon has closed the connection, or has ended.
 * `given-up`: it is frozen in the images, but its systemd unit was stopped meanwhile: nothing is held any more.
 * `still-runs`: the freeze was cut short and the process never stopped.
 */
export type Standing = Manifest['state'] | 'keeper-gone' | 'connection-gone' | 'given-up' | 'still-runs';

export function standingOf(manifest: Manifest): Standing {
	const {state, target} = manifest;
	if (state === 'thawed' || state === 'aborted' || state === 'left-running' || state === 'lost') return state;
	if (manifest.unit?.ended) return wasThawed(manifest) ? 'thawed' : 'given-up';
	if (isKept(manifest)) return state === 'frozen' && manifest.connectionEnded ? 'connection-gone' : state;
	if (isAlive(pidHere(manifest), target.startTime)) return 'still-runs';
	// It ended when its images were not complete.
	if (state === 'freezing') return 'lost';
	return wasThawed(manifest) ? 'thawed' : 'keeper-gone';
}

/** Its keeper lives: everything in its folder is the keeper's business. */
export function isKept({keeper}: Manifest): boolean {
	return keeper !== null && isAlive(keeper.pid, keeper.startTime);
}

/** The last word may have found no place on a full disk: but a process with the very socket has been restored. */
function wasThawed(manifest: Manifest): boolean {
	const numbers = numbersOf(manifest);
	return manifest.connections.some(({pid, inode}) => {
		const here = numbers.here(pid);
		return holdsSocket(here, inode) && !isHalfRestored(here);
	});
}

export function isFrozen(manifest: Manifest): boolean {
	return standingOf(manifest) === 'frozen';
}
