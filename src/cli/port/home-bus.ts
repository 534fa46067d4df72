import type {Checkpoint} from '../../checkpoint/folder.js';
import {readOrigin} from '../../checkpoint/move/origin.js';
import {targetOn} from '../../checkpoint/on-bus.js';
import {withoutGuid} from '../../dbus/address.js';
import {thisHost} from '../../session/describe.js';
import type {CommandContext} from '../context.js';

/**
 * The context in which to thaw a checkpoint while the bus with this guid is watched: what was frozen on this machine
 * on another bus goes back there; what came from another machine goes where the command line says.
 */
export function contextFor(context: CommandContext, folder: Checkpoint, guid: string): CommandContext {
	const manifest = folder.readManifest();
	const isWatched = targetOn(manifest, guid) !== undefined;
	const isFromHere = manifest.host.machineId === thisHost().machineId && !readOrigin(folder);
	if (isWatched || !isFromHere) return context;
	return {...context, bus: {kind: 'address', address: withoutGuid(manifest.bus.address)}};
}
