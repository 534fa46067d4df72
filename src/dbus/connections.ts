import type {ConnectionSnapshot, FdSnapshot, ProcessSnapshot} from '../context/model.js';
import type {BusPeer} from './types.js';

export interface BusFacts {
	address: string;
	/** The process that holds the daemon's ends; undefined where the daemon does not tell. */
	daemonPid: number | undefined;
	peers: readonly BusPeer[];
	/** Name → unique names of owner and queue, in order; for the names that peers wait for. */
	queues: ReadonlyMap<string, readonly string[]>;
}

/**
 * The bus connections of a process tree: which descriptor is which unique name. Neither kernel nor daemon says
 * so; a process with one connection leaves no doubt. With several, both socket inodes and unique names are
 * given out in the order of connecting, so they are matched by rank.
 * @param known connections seen before: a held socket keeps its inode, so it is recognised by it.
 */
export function connectionsOf(
	processes: readonly ProcessSnapshot[],
	bus: BusFacts,
	known: readonly ConnectionSnapshot[] = [],
): ConnectionSnapshot[] {
	return processes.flatMap((process) => {
		const sockets = busSockets(process.fds, bus.daemonPid);
		const recognised = new Map(known.map((c) => [c.inode, c.uniqueName]));
		const names = new Set(sockets.map((s) => recognised.get(s.inode ?? 0)));
		const others = bus.peers
			.filter((p) => p.pid === process.pid && !names.has(p.uniqueName))
			.sort((a, b) => serialOf(a.uniqueName) - serialOf(b.uniqueName));
		const matchedBy = others.length > 1 ? 'order' : 'only';
		return sockets.flatMap((socket) => {
			const name = recognised.get(socket.inode ?? 0);
			const peer = name ? bus.peers.find((p) => p.uniqueName === name) : others.shift();
			return peer ? [connection(process.pid, socket, peer, bus, name ? 'only' : matchedBy)] : [];
		});
	});
}

/** One descriptor for each socket whose other end is the daemon's, oldest first. */
function busSockets(fds: readonly FdSnapshot[], daemonPid: number | undefined): FdSnapshot[] {
	const byInode = new Map<number, FdSnapshot>();
	if (daemonPid === undefined) return [];
	for (const fd of fds) {
		if (fd.socket?.peer?.pid === daemonPid && fd.inode && !byInode.has(fd.inode)) byInode.set(fd.inode, fd);
	}
	return [...byInode.values()].sort((a, b) => (a.inode ?? 0) - (b.inode ?? 0));
}

function connection(
	pid: number,
	socket: FdSnapshot,
	peer: BusPeer,
	bus: BusFacts,
	matchedBy: ConnectionSnapshot['matchedBy'],
): ConnectionSnapshot {
	const queued = peer.queued.map((name) => ({
		name,
		position: Math.max(bus.queues.get(name)?.indexOf(peer.uniqueName) ?? 0, 1),
	}));
	return {
		pid,
		fd: socket.fd,
		inode: socket.inode ?? 0,
		busAddress: bus.address,
		uniqueName: peer.uniqueName,
		names: [...peer.names.map((name) => ({name, position: 0})), ...queued],
		matchRules: peer.matchRules,
		credentials: {
			...(peer.pid === undefined ? {} : {pid: peer.pid}),
			...(peer.uid === undefined ? {} : {uid: peer.uid}),
		},
		matchedBy,
	};
}

/** The number in `:1.42`: the daemon counts up. */
function serialOf(uniqueName: string): number {
	return Number(uniqueName.slice(uniqueName.lastIndexOf('.') + 1));
}
