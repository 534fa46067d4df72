import {readStat} from '../kernel/proc-stat.js';
import {listUnixSockets} from '../kernel/sock-diag.js';
import {ifReadable} from '../process/read.js';
import {SocketTable} from '../process/sockets.js';
import {keeperComm} from './announce/keepers.js';
import {commandOf} from './census.js';
import {connectorsAt} from './connectors.js';
import type {BusPeer} from './types.js';

/**
 * The daemon tells who connected. If that process is gone and another has its socket now (a daemon that went into
 * the background after connecting, a child of a process that ended), that one is whom the name means: it becomes
 * the peer's `pid`, and who connected its `connectedBy`. A frozen service is gone, too, but its socket is a keeper's.
 */
export function withHolders(peers: readonly BusPeer[], daemonPid: number | undefined): BusPeer[] {
	const gone = new Set(peers.flatMap(({pid}) => (pid !== undefined && hasEnded(pid) ? [pid] : [])));
	if (daemonPid === undefined || gone.size === 0) return [...peers];
	const holders = holdersOf(daemonPid, gone);
	return peers.map((peer) => {
		const holder = holders.get(peer.pid ?? 0);
		if (holder === undefined) return peer;
		const {pid: connectedBy, comm: _comm, command: _command, ...rest} = peer;
		return {...rest, pid: holder, ...(connectedBy === undefined ? {} : {connectedBy}), ...commandOf(holder)};
	});
}

/** Who connected → who has all of those sockets now. Without those that several processes share out. */
function holdersOf(daemonPid: number, connectors: ReadonlySet<number>): Map<number, number> {
	const ends = [...connectorsAt(daemonPid)].filter(([, pid]) => connectors.has(pid));
	const peerOf = new Map((ifReadable(listUnixSockets) ?? []).map(({inode, peerInode}) => [inode, peerInode]));
	const table = new SocketTable();
	const holders = new Map<number, Set<number>>();
	for (const [inode, connector] of ends) {
		const holder = table.holderOf(peerOf.get(inode) ?? 0);
		if (!holder || holder.comm === keeperComm) continue;
		const found = holders.get(connector) ?? new Set();
		holders.set(connector, found.add(holder.pid));
	}
	return new Map(
		[...holders].flatMap(([connector, [only, ...others]]) =>
			only !== undefined && others.length === 0 ? [[connector, only] as const] : [],
		),
	);
}

function hasEnded(pid: number): boolean {
	const state = readStat(pid)?.state ?? 'X';
	return state === 'X' || state === 'Z';
}
