import fs from 'node:fs';
import path from 'node:path';
import {z} from 'zod';
import {Fault} from '../common/fault.js';
import {replaceFile} from '../common/replace-file.js';
import type {RememberedConnection} from '../dbus/remembered.js';
import {holdsSocket} from '../process/fds.js';
import type {Manifest} from './manifest.js';
import {numbersOf} from './numbers.js';
import {connectionsOn} from './on-bus.js';
import {rememberedFile} from './state-dir.js';
import {CheckpointStore} from './store.js';

const schema = z.array(
	z.object({busGuid: z.string(), uniqueName: z.string(), inode: z.number(), pid: z.number()}),
);

/** The connections to the daemon with this guid that are frozen or were thawed, newest first. */
export function rememberedConnections(stateDir: string, guid: string): RememberedConnection[] {
	const inCheckpoints = new CheckpointStore(stateDir)
		.list()
		.reverse()
		.flatMap(({manifest}) =>
			manifest instanceof Fault || (manifest.state !== 'thawed' && manifest.state !== 'frozen')
				? []
				: connectionsOn(manifest, guid).map(({uniqueName, inode, pid}) => ({
						uniqueName,
						inode,
						pid: numbersOf(manifest).here(pid),
					})),
		);
	return [...inCheckpoints, ...outlived(stateDir).filter(({busGuid}) => busGuid === guid)];
}

/** Before the checkpoint of one that was thawed is deleted: its daemon may not know any more who has the connection. */
export function keepInMind(stateDir: string, manifest: Manifest): void {
	if (manifest.state !== 'thawed') return;
	const numbers = numbersOf(manifest);
	const more = manifest.connections.map(({busGuid = manifest.bus.guid, uniqueName, inode, pid}) => ({
		busGuid,
		uniqueName,
		inode,
		pid: numbers.here(pid),
	}));
	const living = [...more, ...outlived(stateDir)].filter(({pid, inode}) => holdsSocket(pid, inode));
	try {
		replaceFile(path.join(stateDir, rememberedFile), JSON.stringify(living));
	} catch {
		// Checkpoints are deleted when the disk is full, too.
	}
}

/** What was kept in mind of checkpoints that are gone. */
function outlived(stateDir: string): z.infer<typeof schema> {
	try {
		const text = fs.readFileSync(path.join(stateDir, rememberedFile), 'utf8');
		return schema.safeParse(JSON.parse(text)).data ?? [];
	} catch {
		return [];
	}
}
