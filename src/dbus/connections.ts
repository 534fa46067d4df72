import type {ConnectionSnapshot, ProcessSnapshot} from '../context/model.js';
import type {BusPeer} from './types.js';

export interface BusFacts {
	address: string;
	/** The daemon's id. */
	guid: string;
	/** The process that holds the daemon's ends; undefined where the daemon does not tell. */
	daemonPid: number | undefined;
	peers: readonly BusPeer[];
	/** Name → unique names of owner and queue, in order; for the names that peers wait for. */
	queues: ReadonlyMap<string, readonly string[]>;
}

export interface ConnectionEvidence {
	/** Connections seen before: a held socket keeps its inode, so it is recognised by it. */
	known?: readonly ConnectionSnapshot[];
	/**
	 * Inode of a daemon's end → the process that connected, as the kernel told the daemon. That need not be who has
	 * the socket now: a child inherits it, and a daemon forks after connecting. Missing: who has it is taken for who
	 * connected.
	 */
	connectors?: ReadonlyMap<number, number>;
}

/** A socket of the tree whose other end is the daemon's. */
interface BusSocket {
	pid: number;
	fd: number;
	inode: number;
	connector: number;
}

/**
 * The bus connections of a process tree: which socket is which unique name. Neither kernel nor daemon says so.
 * Both name the process that connected; if that has one connection, there is no doubt. With several, both socket
 * inodes and unique names are given out in the order of connecting, so they are matched by rank: a good guess,
 * as inodes are given out in batches for each CPU.
 * A socket that several processes share is one connection: of who connected, else of the first in the tree.
 * Those of the tree's root come first.
 */
export function connectionsOf(
	processes: readonly ProcessSnapshot[],
	bus: BusFacts,
	{known = [], connectors = new Map()}: ConnectionEvidence = {},
): ConnectionSnapshot[] {
	const sockets = busSockets(processes, bus.daemonPid, connectors);
	const recognised = new Map(known.map((one) => [one.inode, one]));
	const claimed = new Set(sockets.map(({inode}) => recognised.get(inode)?.uniqueName));
	const found = new Map<number, ConnectionSnapshot>();
	for (const [connector, group] of groupBy(sockets, (socket) => socket.connector)) {
		const others = ofThisTree(
			bus.peers.filter(
				(peer) => (peer.connectedBy ?? peer.pid) === connector && !claimed.has(peer.uniqueName),
			),
			processes,
		).sort((a, b) => serialOf(a.uniqueName) - serialOf(b.uniqueName));
		const unknown = group.filter(({inode}) => !recognised.has(inode));
		const matchedBy = others.length > 1 || unknown.length > 1 ? 'order' : 'only';
		for (const socket of group) {
			const before = recognised.get(socket.inode);
			const peer = before
				? bus.peers.find(({uniqueName}) => uniqueName === before.uniqueName)
				: others.shift();
			if (peer) found.set(socket.inode, connection(socket, peer, bus, before?.matchedBy ?? matchedBy));
		}
	}
	const place = new Map(processes.map(({pid}, index) => [pid, index]));
	return [...found.values()].sort(
		(a, b) =>
			(place.get(a.pid) ?? 0) - (place.get(b.pid) ?? 0) || serialOf(a.uniqueName) - serialOf(b.uniqueName),
	);
}

/** The number of who connected may be somebody else's by now: whoever is known to be in the tree comes first. */
function ofThisTree(peers: readonly BusPeer[], processes: readonly ProcessSnapshot[]): BusPeer[] {
	const inside = peers.filter(({pid}) => processes.some((process) => process.pid === pid));
	return inside.length > 0 ? inside : [...peers];
}

/** Oldest first. */
function busSockets(
	processes: readonly ProcessSnapshot[],
	daemonPid: number | undefined,
	connectors: ReadonlyMap<number, number>,
): BusSocket[] {
	if (daemonPid === undefined) return [];
	const byInode = new Map<number, BusSocket>();
	for (const {pid, fds} of processes) {
		for (const {fd, inode, socket} of fds) {
			if (socket?.peer?.pid !== daemonPid || !inode) continue;
			const connector = connectors.get(socket.peer.inode ?? 0) ?? byInode.get(inode)?.connector ?? pid;
			if (!byInode.has(inode) || (pid === connector && byInode.get(inode)?.pid !== connector))
				byInode.set(inode, {pid, fd, inode, connector});
		}
	}
	return [...byInode.values()].sort((a, b) => a.inode - b.inode);
}

function connection(
	{pid, fd, inode}: BusSocket,
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
		fd,
		inode,
		busAddress: bus.address,
		busGuid: bus.guid,
		uniqueName: peer.uniqueName,
		names: [...peer.names.map((name) => ({name, position: 0})), ...queued],
		matchRules: peer.matchRules,
		credentials: {
			...(peer.pid === undefined || peer.forgotten ? {} : {pid: peer.connectedBy ?? peer.pid}),
			...(peer.uid === undefined ? {} : {uid: peer.uid}),
		},
		matchedBy,
		...(peer.queue === undefined ? {} : {queue: peer.queue}),
	};
}

/** The number in `:1.42`: the daemon counts up. */
function serialOf(uniqueName: string): number {
	return Number(uniqueName.slice(uniqueName.lastIndexOf('.') + 1));
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
	const groups = new Map<Key, Item[]>();
	for (const item of items) {
		const key = keyOf(item);
		const group = groups.get(key) ?? [];
		group.push(item);
		groups.set(key, group);
	}
	return groups;
}
