import path from 'node:path';
import type {ConnectionSnapshot} from '../context/model.js';
import type {BusLocation} from '../dbus/address.js';
import {HeldConnection} from '../dbus/held/connection.js';
import type {HeldReader} from '../dbus/held/reader.js';
import type {FrozenService} from '../dbus/held/refusal.js';
import {HeldService} from '../dbus/held/service.js';
import type {HeldEnd} from '../dbus/hold.js';
import {note, type SessionParts, updateManifest, warn} from './parts.js';

/** The bus connections among the held ends, ready to be kept in order while their service is frozen. */
export function openService(parts: SessionParts, connections: readonly ConnectionSnapshot[]): HeldService {
	const opened = connections.flatMap((connection) => {
		const end = parts.held.find(({inode}) => inode === connection.inode);
		return end ? [openConnection(parts, connection, end)] : [];
	});
	return new HeldService(opened, parts.manifest?.policy ?? 'queue');
}

/**
 * @param end our duplicate, under the number that the images know.
 * @param reader what has begun to read from it, if something has.
 */
export function openConnection(
	parts: SessionParts,
	connection: ConnectionSnapshot,
	{ourFd, inode}: HeldEnd,
	reader?: HeldReader,
): HeldConnection {
	const {bus, checkpoint} = parts;
	const {uniqueName, busAddress} = connection;
	const service = describe(parts, connection);
	return new HeldConnection({
		fd: ourFd,
		inode,
		...(reader ? {reader} : {}),
		names: service.names,
		locations: locationsOf(busAddress, connection.credentials?.uid),
		daemonPid: bus.daemonPid,
		stashDir: path.join(checkpoint.stash, String(inode)),
		service,
		onStandIn: (event) => warn(parts, `stand-in-${event}`, {uniqueName}),
		onDisk: (event) => warn(parts, `stash-${event}`, {uniqueName}),
		onEnded: () => {
			note(parts, () => updateManifest(parts, {connectionEnded: true}));
			warn(parts, 'connection-ended', {uniqueName});
		},
	});
}

/** What its callers are told. It stops when it is dumped; until then `since` is a guess that nobody hears. */
function describe(
	{manifest, checkpoint}: SessionParts,
	{uniqueName, names}: ConnectionSnapshot,
): FrozenService {
	return {
		names: names.filter(({position}) => position === 0).map(({name}) => name),
		uniqueName,
		pid: manifest?.target.pid ?? 0,
		comm: manifest?.target.comm ?? '',
		checkpoint: checkpoint.dir,
		since: manifest?.stoppedAt ?? Date.now(),
	};
}

/** The policy of a system bus lets a name be owned by the user whose service has it, and often by root. */
function locationsOf(address: string, uid: number | undefined): BusLocation[] {
	const asOurselves = {address};
	return uid === undefined || uid === process.geteuid?.() ? [asOurselves] : [{address, uid}, asOurselves];
}
