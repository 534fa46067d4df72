import {fstatSync} from 'node:fs';
import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import type {ReconnectData} from '../checkpoint/reconnect-data.js';
import {Fault} from '../common/fault.js';
import type {ConnectionSnapshot, Snapshot} from '../context/model.js';
import {unreadInImages} from '../criu/images/unread.js';
import {withoutGuid} from '../dbus/address.js';
import type {HeldConnection} from '../dbus/held/connection.js';
import {HeldService} from '../dbus/held/service.js';
import {type HeldEnd, letGo} from '../dbus/hold.js';
import {missedOwnerChanges, type Peers} from '../dbus/reconnect/owner-changes.js';
import {type Reconnected, reconnect} from '../dbus/reconnect/reconnect.js';
import {unreadMessages} from '../dbus/reconnect/unread.js';
import {note, type SessionParts, updateManifest, warn} from './parts.js';
import {openConnection} from './service.js';
import {WatchedBus} from './watched-bus.js';

/** A connection that was made anew. */
interface Made {
	connection: ConnectionSnapshot;
	end: HeldEnd;
	reconnected: Reconnected;
}

/**
 * Makes every bus connection of the frozen service anew, as it was, and lets the old ones go, if they are still held.
 * From then on the new ones are held like any others, with everything that waits for the service in their
 * stashes: what it had not read, what came while it was frozen, what it has missed of who owns which name.
 * @throws Fault `held-ends-lost`: something else was held that nobody can make anew; those of `reconnect`.
 */
export async function reconnectService(parts: SessionParts): Promise<void> {
	const {manifest, checkpoint} = parts;
	const before = checkpoint.readSnapshot('before');
	const data = checkpoint.readReconnect();
	if (!manifest || !before || !data)
		throw new Fault('bad-snapshot', {path: checkpoint.dir, reason: 'no-before'});
	const others = otherEnds(parts);
	letConnectionsGo(parts, others);
	// Should the new ones not come to be: it is frozen without any.
	note(parts, () => updateManifest(parts, {connectionEnded: true}));
	await parts.reopenBus();
	const made: Made[] = [];
	try {
		for (const connection of manifest.connections) {
			const reconnected = await reconnect(lostConnection(connection, before, data));
			made.push({reconnected, ...renew(connection, reconnected)});
			if (connection.matchRules === null) warn(parts, 'rules-unknown', {uniqueName: connection.uniqueName});
		}
		parts.service = new HeldService(await openAll(parts, made, data), manifest.policy);
	} catch (error) {
		letGo(made.map(({end}) => end));
		throw error;
	}
	parts.held = [...others, ...made.map(({end}) => end)];
	const connections = made.map(({connection}) => connection);
	updateManifest(parts, {connections, connectionEnded: false});
	parts.log.emit({type: 'connections', connections});
}

/** What is held beside the connections is needed as it was. */
function otherEnds({manifest, held, checkpoint}: SessionParts): HeldEnd[] {
	if (!manifest) return [];
	requireOtherEnds(checkpoint, manifest, held);
	return held.filter(({inode}) => manifest.held.some((end) => !end.bus && end.inode === inode));
}

/**
 * Whether all is held that nobody can make anew. Throws `held-ends-lost`.
 * @param held what is held now; nothing once its keeper has ended.
 */
export function requireOtherEnds(
	{dir}: Checkpoint,
	manifest: Manifest,
	held: ReadonlyArray<Pick<HeldEnd, 'inode'>>,
): void {
	const missing = manifest.held.filter(({bus, inode}) => !bus && !held.some((end) => end.inode === inode));
	if (missing.length === 0) return;
	const ends = missing.map(({kind, pid, fd, peer}) => `${kind} ${pid}/${fd} (${peer})`);
	throw new Fault('held-ends-lost', {checkpoint: dir, ends}, {processState: 'frozen'});
}

/** The bus forgets the old connections, so that the names are free. */
function letConnectionsGo(parts: SessionParts, others: readonly HeldEnd[]): void {
	parts.service?.close();
	parts.service = undefined;
	letGo(parts.held.filter((end) => !others.includes(end)));
	parts.held = [...others];
}

/** The connection's first inode is what the images know it by. */
function firstInode({reconnectedFrom, inode}: ConnectionSnapshot): number {
	return reconnectedFrom?.inode ?? inode;
}

function lostConnection(connection: ConnectionSnapshot, before: Snapshot, data: ReconnectData) {
	const {pid, names, matchRules, busAddress} = connection;
	const {
		uid = 0,
		gid = 0,
		groups = [],
	} = before.processes.find((process) => process.pid === pid)?.credentials ?? {};
	const socket = data.sockets.find(({inode}) => inode === firstInode(connection));
	if (!socket) throw new Error(`nothing was saved of the socket ${firstInode(connection)}`);
	return {address: withoutGuid(busAddress), connector: {pid, uid, gid, groups}, names, matchRules, socket};
}

function renew(
	connection: ConnectionSnapshot,
	{fd, uniqueName, guid}: Reconnected,
): {connection: ConnectionSnapshot; end: HeldEnd} {
	const {pid, fd: number, reconnectedFrom, inode, uniqueName: before} = connection;
	return {
		connection: {
			...connection,
			inode: fstatSync(fd).ino,
			uniqueName,
			busGuid: guid,
			reconnectedFrom: reconnectedFrom ?? {inode, uniqueName: before},
		},
		end: {
			kind: 'socket',
			inode: firstInode(connection),
			pid,
			fd: number,
			peerPid: 0,
			peer: uniqueName,
			ourFd: fd,
		},
	};
}

async function openAll(
	parts: SessionParts,
	made: readonly Made[],
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
	const before = parts.manifest?.connections ?? [];
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
		const address = connection.busAddress;
		const known = data.buses.find((bus) => bus.address === address)?.peers ?? [];
		const now = await peersOn(parts, connection);
		const isSame = before.some(
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

async function peersOn({bus}: SessionParts, {busAddress, busGuid}: ConnectionSnapshot): Promise<Peers> {
	if (bus.guid === busGuid) return peersOf(bus);
	const other = await WatchedBus.connect({address: withoutGuid(busAddress)});
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
