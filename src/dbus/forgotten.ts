import {readStat} from '../kernel/proc-stat.js';
import {listUnixSockets} from '../kernel/sock-diag.js';
import {holdsSocket} from '../process/fds.js';
import {ifReadable} from '../process/read.js';
import {SocketTable} from '../process/sockets.js';
import {keeperComm} from './announce/keepers.js';
import {commandOf} from './census.js';
import {type Connector, orphansAt} from './connectors.js';
import type {RememberedConnection} from './remembered.js';
import type {BusPeer} from './types.js';

/** A daemon's end of a connection whose connector was reaped. */
interface Orphan {
	/** Of the client's end. */
	inode: number;
	connector: Connector;
}

type Holder = Pick<BusPeer, 'pid' | 'connectedBy'>;

/**
 * dbus-daemon from 1.16 on tells no pid when who connected was reaped: after a restore, or when a child has gone on
 * alone. The kernel does at the daemon's ends, yet not which end is whose. We do where we have had its socket; and
 * where a user has as many other such ends as the daemon has connections without a pid, and one process has them
 * all, there is no doubt. The rest stays unknown.
 * @param remembered connections that we know the sockets of.
 */
export function withForgottenPids(
	peers: readonly BusPeer[],
	daemonPid: number | undefined,
	remembered: readonly RememberedConnection[],
): BusPeer[] {
	const untold = new Map(peers.filter(({pid}) => pid === undefined).map((peer) => [peer.uniqueName, peer]));
	if (daemonPid === undefined || untold.size === 0) return [...peers];
	const orphans = new Map(orphansOf(daemonPid).map((orphan) => [orphan.inode, orphan]));
	const table = new SocketTable();
	const found = new Map<string, Holder>();
	for (const {uniqueName, inode, pid} of remembered) {
		const orphan = orphans.get(inode);
		if (!orphan || !untold.delete(uniqueName)) continue;
		orphans.delete(inode);
		const holder = holdsSocket(pid, inode) ? holderAs(pid, orphan.connector) : holderOf(table, orphan);
		if (holder) found.set(uniqueName, holder);
	}
	for (const user of new Set([...untold.values()].map(({uid}) => uid))) {
		const names = [...untold.values()].filter(({uid}) => uid === user);
		const ends = [...orphans.values()].filter(({connector}) => connector.uid === user);
		const holder = names.length === ends.length ? onlyHolder(table, ends) : undefined;
		if (holder) for (const {uniqueName} of names) found.set(uniqueName, holder);
	}
	return peers.map((peer) => {
		const holder = found.get(peer.uniqueName);
		return holder ? {...peer, ...holder, forgotten: true, ...commandOf(holder.pid ?? 0)} : peer;
	});
}

function orphansOf(daemonPid: number): Orphan[] {
	const connectors = orphansAt(daemonPid);
	return (ifReadable(listUnixSockets) ?? []).flatMap(({inode, name, peerInode}) => {
		const connector = connectors.get(inode);
		// Without a name the daemon itself has connected it.
		return connector && name !== undefined && peerInode ? {inode: peerInode, connector} : [];
	});
}

/** A keeper stands for the frozen process, as long as nobody else has its number. */
function holderOf(table: SocketTable, {inode, connector}: Orphan): Holder | undefined {
	const holder = table.holderOf(inode);
	if (holder?.comm !== keeperComm) return holder && holderAs(holder.pid, connector);
	return readStat(connector.pid) ? undefined : {pid: connector.pid};
}

function holderAs(pid: number, connector: Connector): Holder {
	return pid === connector.pid ? {pid} : {pid, connectedBy: connector.pid};
}

function onlyHolder(table: SocketTable, ends: readonly Orphan[]): Holder | undefined {
	const [first, ...others] = ends.map((end) => holderOf(table, end));
	const isAlone = others.every((one) => one?.pid === first?.pid && one?.connectedBy === first?.connectedBy);
	return isAlone ? first : undefined;
}
