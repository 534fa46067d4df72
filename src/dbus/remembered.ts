import {holdsSocket} from '../process/fds.js';
import {commandOf} from './census.js';
import type {BusPeer} from './types.js';

/** A connection that we have held once: its socket kept its inode, so it can be recognised for certain. */
export interface RememberedConnection {
	uniqueName: string;
	inode: number;
	pid: number;
}

/**
 * dbus-daemon from 1.16 on takes note of the process that connected; after a restore, which makes a new process,
 * it knows no pid any more. We do, as long as the process has the very socket still.
 */
export function withRememberedPids(
	peers: readonly BusPeer[],
	remembered: readonly RememberedConnection[],
): BusPeer[] {
	return peers.map((peer) => {
		if (peer.pid !== undefined) return peer;
		const known = remembered.find(
			(one) => one.uniqueName === peer.uniqueName && holdsSocket(one.pid, one.inode),
		);
		return known ? {...peer, pid: known.pid, ...commandOf(known.pid)} : peer;
	});
}
