import path from 'node:path';
import type {ConnectionSnapshot} from '../context/model.js';
import {HeldConnection} from '../dbus/held/connection.js';
import {HeldService} from '../dbus/held/service.js';
import type {HeldEnd} from '../dbus/hold.js';
import type {SessionParts} from './parts.js';
import {warn} from './parts.js';

/** The bus connections among the held ends, ready to be kept in order while their service is frozen. */
export function openService(
	parts: SessionParts,
	connections: readonly ConnectionSnapshot[],
	daemonPid: number | undefined,
): HeldService {
	const {manifest, checkpoint, held} = parts;
	if (!manifest) throw new Error('no manifest yet');
	const opened = connections.flatMap((connection) => {
		const end = held.find(({inode}) => inode === connection.inode);
		return end ? [openConnection(parts, connection, end, daemonPid)] : [];
	});
	return new HeldService(opened, manifest.policy);
	function openConnection(
		{manifest: known}: SessionParts,
		connection: ConnectionSnapshot,
		end: HeldEnd,
		daemon: number | undefined,
	): HeldConnection {
		throw new Error(String([known, connection, end, daemon, path, checkpoint, warn]));
	}
}
