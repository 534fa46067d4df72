import type {ConnectionSnapshot, ProcessSnapshot} from '../context/model.js';
import {messages} from '../i18n/index.js';

/**
 * What there is to say of one of several connections, unescaped; empty for the only connection of one process:
 * its bus, if they are on different ones, who has it, and whether its unique name is a guess.
 * @param connections all of the target.
 * @param processes the target's, where they are known.
 */
export function connectionNotes(
	connection: ConnectionSnapshot,
	connections: readonly ConnectionSnapshot[],
	processes: readonly ProcessSnapshot[] = [],
): string {
	const text = messages().cli.connections;
	const buses = new Set(connections.map(({busGuid}) => busGuid));
	const holders = processes.filter(({fds}) => fds.some(({inode}) => inode === connection.inode));
	const notes = [
		...(buses.size > 1 ? [text.on(connection.busAddress.replace(/,guid=[0-9a-f]*/, ''))] : []),
		...(processes.length > 1 ? holders.map(({pid, comm}) => text.of(pid, comm)) : []),
		...(connection.matchedBy === 'order' ? [text.byOrder] : []),
	];
	return notes.length === 0 ? '' : text.notes(notes);
}
