import {fstatSync} from 'node:fs';
import type {Manifest} from '../checkpoint/manifest.js';
import type {ReconnectData} from '../checkpoint/reconnect-data.js';
import type {ConnectionSnapshot, Snapshot} from '../context/model.js';
import {unreadInImages} from '../criu/images/unread.js';
import {withoutGuid} from '../dbus/address.js';
import type {HeldConnection} from '../dbus/held/connection.js';
import type {HeldEnd} from '../dbus/hold.js';
import type {Connector} from '../dbus/reconnect/connect-as.js';
import {missedOwnerChanges, type Peers} from '../dbus/reconnect/owner-changes.js';
import type {LostConnection, Reconnected} from '../dbus/reconnect/reconnect.js';
import {unreadMessages} from '../dbus/reconnect/unread.js';
import type {SessionParts} from './parts.js';
import {openConnection} from './service.js';
import {WatchedBus} from './watched-bus.js';

/** A connection that is to be made anew. */
export interface Lost extends LostConnection {
	connection: ConnectionSnapshot;
	connector: Connector & {pid: number};
}

/** A connection that was made anew. */
export interface Made {
	connection: ConnectionSnapshot;
	end: HeldEnd;
	reconnected: Reconnected;
}

/** Each connection of the checkpoint, and what it was like. What was on the checkpoint's bus goes to where that is now. */
export function lostConnections(
	{bus, connections}: Manifest,
	before: Snapshot,
	data: ReconnectData,
	busAddress: string,
): Lost[] {
	return connections.map((connection) => {
		const {pid, names, matchRules} = connection;
		const process = before.processes.find((one) => one.pid === pid);
		// The kernel notes the effective ones of the moment; a process may have become somebody else since.
		const {euid = 0, egid: gid = 0, groups = []} = process?.credentials ?? {};
		const {uid = euid} = connection.credentials ?? {};
		const socket = data.sockets.find(({inode}) => inode === firstInode(connection));
		if (!socket) throw new Error(`nothing was saved of the socket ${firstInode(connection)}`);
		const address = withoutGuid(connection.busAddress);
		const isOnBus = connection.busGuid === bus.guid || address === withoutGuid(bus.address);
		return {
			connection,
			address: isOnBus ? withoutGuid(busAddress) : address,
			uid,
			connector: {pid, uid, gid, groups},
			names,
			matchRules,
			socket,
		};
	});
}

/** The new socket in the place of a lost one's: what CRIU took the old one for, it takes the new one for. */
export function endFor({held}: Manifest, connection: ConnectionSnapshot, ourFd: number): HeldEnd {
	const {pid, fd} = connection;
	const inode = firstInode(connection);
	const external = held.find((end) => end.inode === inode)?.external;
	return {kind: 'socket', inode, pid, fd, peerPid: 0, peer: '', ourFd, ...(external ? {external} : {})};
}

export function renew({connection, address}: Lost, end: HeldEnd, reconnected: Reconnected): Made {
	const {uniqueName, guid} = reconnected;
	const {reconnectedFrom, inode, uniqueName: before} = connection;
	return {
		connection: {
			...connection,
			inode: fstatSync(end.ourFd).ino,
			uniqueName,
			busAddress: address,
			busGuid: guid,
			reconnectedFrom: reconnectedFrom ?? {inode, uniqueName: before},
		},
		end: {...end, peer: uniqueName},
		reconnected,
	};
}

/** The connections as held ones, with what their service has missed in their stashes. */
export async function openAll(
	parts: SessionParts,
	made: readonly Made[],
	before: Snapshot,
	data: ReconnectData,
): Promise<HeldConnection[]> {
	const unread = await unreadInImages(parts.checkpoint.images);
	const own = new Set(
		made.flatMap(({connection: {uniqueName, reconnectedFrom, names}}) => [
			uniqueName,
			reconnectedFrom?.uniqueName ?? '',
			...names.map(({name}) => name),
		]),
	);
	const lost = parts.manifest?.connections ?? [];
	const opened: HeldConnection[] = [];
	for (const {connection, end, reconnected} of made) {
		const inode = firstInode(connection);
		const held = openConnection(parts, connection, end, reconnected.reader);
		opened.push(held);
		const {stash} = held;
		// In the order in which the daemon would have sent them.
		const bytes = stash.wasUsed ? undefined : unread.get(inode);
		if (bytes) stash.appendAll(unreadMessages(bytes, parts.manifest?.stoppedAt ?? Date.now()));
		held.markStale();
		const frozen = before.connections.find((one) => one.inode === inode) ?? connection;
		const known = data.buses.find(({address}) => address === frozen.busAddress)?.peers ?? [];
		const now = await peersOn(parts, connection);
		const isSame = lost.some(
			({pid, fd, busGuid}) =>
				pid === connection.pid && fd === connection.fd && busGuid === connection.busGuid,
		);
		const missed = missedOwnerChanges(known, now, connection.matchRules ?? [], own, isSame);
		const at = Date.now();
		stash.appendAll(missed.map((message) => ({bytes: message, fds: [], at})));
		stash.appendAll(reconnected.kept);
	}
	return opened;
}

/** The connection's first inode is what the images know it by. */
function firstInode({reconnectedFrom, inode}: ConnectionSnapshot): number {
	return reconnectedFrom?.inode ?? inode;
}

async function peersOn({bus}: SessionParts, {busAddress, busGuid}: ConnectionSnapshot): Promise<Peers> {
	if (bus.guid === busGuid) return peersOf(bus);
	const other = await WatchedBus.connect({address: busAddress});
	try {
		return await peersOf(other);
	} finally {
		other.close();
	}
}

async function peersOf(bus: WatchedBus): Promise<Peers> {
	const {peers} = await bus.facts();
	return peers.map(({uniqueName, names}) => ({uniqueName, names: [...names]}));
}
