import {holdsSocket} from '../process/fds.js';
import {haveNests} from '../process/pid-namespace.js';
import {commandOf} from './census.js';
import type {BusPeer} from './types.js';

/** A connection that we have held once: its socket kept its inode, so it can be recognised for certain. */
export interface RememberedConnection {
	uniqueName: string;
	inode: number;
	pid: number;
}

/** Whether the daemon's word may not be the last about who is behind these connections. */
export function needsMemory(peers: readonly BusPeer[]): boolean {
	return peers.some(({pid}) => pid === undefined) || haveNests();
}

/**
 * dbus-daemon from 1.16 on takes note of the process that connected; after a restore, which makes a new process,
 * it knows no pid any more. Others go on telling the old number, which is somebody else's if the process was restored
 * in a pid namespace of its own. We know better, as long as the process has the very socket still.
 */
export function withRememberedPids(
	peers: readonly BusPeer[],
	remembered: readonly RememberedConnection[],
): BusPeer[] {
	return peers.map((peer) => {
		const known = remembered.find(
			(one) => one.uniqueName === peer.uniqueName && holdsSocket(one.pid, one.inode),
		);
		if (!known || known.pid === peer.pid) return peer;
		const {pid: connectedBy, comm: _c, command: _l, unit: _u, desktopId: _d, ...rest} = peer;
		return {
			...rest,
			...(connectedBy === undefined ? {} : {connectedBy: peer.connectedBy ?? connectedBy}),
			pid: known.pid,
			...commandOf(known.pid),
		};
	});
}
