import {Fault} from '../common/fault.js';
import type {FrozenEntry} from '../dbus/announce/object.js';
import {isFrozen} from './standing.js';
import {CheckpointStore} from './store.js';

/** What all keepers have frozen on the bus of the daemon with this guid. */
export function frozenOn(stateDir: string, guid: string): FrozenEntry[] {
	return new CheckpointStore(stateDir).list().flatMap(({checkpoint, manifest}) => {
		if (manifest instanceof Fault || manifest.bus.guid !== guid || !isFrozen(manifest)) return [];
		const {names, uniqueName, pid} = manifest.target;
		const since = manifest.stoppedAt ?? Date.parse(manifest.createdAt);
		return [{names, uniqueName, pid, checkpoint: checkpoint.dir, since}];
	});
}
