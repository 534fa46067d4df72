import {Fault} from '../common/fault.js';
import type {RememberedConnection} from '../dbus/remembered.js';
import {numbersOf} from './numbers.js';
import {connectionsOn} from './on-bus.js';
import {CheckpointStore} from './store.js';

/** The connections to the daemon with this guid that are frozen or were thawed, newest first. */
export function rememberedConnections(stateDir: string, guid: string): RememberedConnection[] {
	return new CheckpointStore(stateDir)
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
}
