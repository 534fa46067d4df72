import type {ConnectionSnapshot} from '../context/model.js';
import {ownedNames} from '../context/owned-names.js';
import type {Manifest} from './manifest.js';

/** A checkpoint's connections to the bus of the daemon with this guid. */
export function connectionsOn({connections, bus}: Manifest, guid: string): ConnectionSnapshot[] {
	return connections.filter(({busGuid = bus.guid}) => busGuid === guid);
}

/** What a bus knows a target by. */
export interface TargetOnBus {
	/** Well-known names that it owns there. */
	names: string[];
	/** Of its first connection there; empty if it has none. */
	uniqueName: string;
}

/** Undefined: the target has nothing to do with that bus. */
export function targetOn(manifest: Manifest, guid: string): TargetOnBus | undefined {
	const connections = connectionsOn(manifest, guid);
	if (connections.length === 0 && manifest.bus.guid !== guid) return undefined;
	return {names: ownedNames(connections), uniqueName: connections[0]?.uniqueName ?? ''};
}
