import {Fault} from '../common/fault.js';
import type {FrozenEntry} from '../dbus/announce/object.js';
import {pidHere} from './numbers.js';
import {targetOn} from './on-bus.js';
import {isFrozen} from './standing.js';
import {CheckpointStore} from './store.js';

/** What all keepers have frozen on the bus of the daemon with this guid. */
export function frozenOn(stateDir: string, guid: string): FrozenEntry[] {
	return new CheckpointStore(stateDir).list().flatMap(({checkpoint, manifest}) => {
		const target = manifest instanceof Fault ? undefined : targetOn(manifest, guid);
		if (manifest instanceof Fault || !target || !isFrozen(manifest)) return [];
		const pid = pidHere(manifest);
		const since = manifest.stoppedAt ?? Date.parse(manifest.createdAt);
		return [{...target, pid, checkpoint: checkpoint.dir, since}];
	});
}
