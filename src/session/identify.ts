import type {ConnectionSnapshot, Snapshot} from '../context/model.js';
import {inOwnNumbers} from '../context/own-numbers.js';
import {ownedNames} from '../context/owned-names.js';
import {allHeld} from './describe.js';
import {type SessionParts, updateManifest, warn} from './parts.js';
import {openService} from './service.js';
import type {WatchedBus} from './watched-bus.js';

/**
 * Replaces the guesses among the target's connections by what is certain. To be called while it stands still and
 * its sockets are held; then each of several connections of one process is known by what arrives in its socket.
 * Throws what `prepare` of the held service throws.
 */
export async function identifyConnections(parts: SessionParts, before: Snapshot): Promise<void> {
	if (!before.connections.some(isGuess)) return;
	const guids = new Set(before.connections.filter(isGuess).map(({busGuid}) => busGuid));
	const found = new Map<number, string>();
	for (const bus of [...guids].map((guid) => parts.bus.withGuid(guid)))
		for (const [inode, name] of bus ? await findOut(parts, bus, before.connections) : [])
			found.set(inode, name);
	const connections = withFound(parts, before.connections, found);
	await replaceConnections(parts, before, connections);
	for (const {uniqueName} of connections.filter(isGuess)) warn(parts, 'connection-guessed', {uniqueName});
}

function isGuess({matchedBy}: ConnectionSnapshot): boolean {
	return matchedBy === 'order';
}

/** All sockets to that daemon that are not known for certain, also those for which there was no name left. */
function findOut(
	{held}: SessionParts,
	bus: WatchedBus,
	connections: readonly ConnectionSnapshot[],
): Promise<Map<number, string>> {
	const certain = new Set(connections.filter((each) => !isGuess(each)).map(({inode}) => inode));
	const sockets = held
		.filter(({kind, peerPid, inode}) => kind === 'socket' && peerPid === bus.daemonPid && !certain.has(inode))
		.map(({inode, ourFd}) => ({inode, fd: ourFd}));
	const guesses = connections.filter((each) => isGuess(each) && each.busGuid === bus.guid);
	return bus.identify(sockets, new Map(guesses.map((each) => [each.uniqueName, ownedNames([each])])));
}

/** Each name with the socket that it turned out to have; guesses that remain share what is left, in their order. */
function withFound(
	{held}: SessionParts,
	connections: readonly ConnectionSnapshot[],
	found: ReadonlyMap<number, string>,
): ConnectionSnapshot[] {
	const inodes = new Map([...found].map(([inode, name]) => [name, inode]));
	const left = connections.filter((each) => isGuess(each) && !found.has(each.inode));
	return connections.map((connection) => {
		if (!isGuess(connection)) return connection;
		const inode = inodes.get(connection.uniqueName);
		if (inode === undefined) return {...connection, ...placeOf(left.shift() ?? connection)};
		const place = [...connections, ...held].find((each) => each.inode === inode) ?? connection;
		return {...connection, ...placeOf(place), matchedBy: 'message'};
	});
}

function placeOf({pid, fd, inode}: Pick<ConnectionSnapshot, 'pid' | 'fd' | 'inode'>) {
	return {pid, fd, inode};
}

async function replaceConnections(
	parts: SessionParts,
	before: Snapshot,
	connections: ConnectionSnapshot[],
): Promise<void> {
	const moved = connections.some(({inode}, index) => inode !== before.connections[index]?.inode);
	before.connections = connections;
	parts.checkpoint.writeSnapshot(before);
	const held = allHeld(parts, before);
	updateManifest(parts, {connections: inOwnNumbers(before).connections, held});
	parts.log.emit({type: 'connections', connections});
	if (!moved) return;
	parts.service?.close();
	parts.service = openService(parts, connections);
	await parts.service.prepare();
}
