import path from 'node:path';
import {movedTo} from '../../checkpoint/move/copies.js';
import {keepInMind} from '../../checkpoint/remembered.js';
import {isKept} from '../../checkpoint/standing.js';
import type {CheckpointStore} from '../../checkpoint/store.js';
import {Fault} from '../../common/fault.js';
import {KeeperClient} from '../../keeper/client.js';

/**
 * Deletes a listed checkpoint. One that is held would be lost by it: only with `force`, and then its keeper lets go
 * first. Throws `no-checkpoint`, `still-frozen`, and those of its keeper.
 * @param name as it is listed, or its folder.
 */
export async function removeCheckpoint(store: CheckpointStore, name: string, force: boolean): Promise<void> {
	const stored = store.list().find((one) => one.name === name || one.checkpoint.dir === path.resolve(name));
	if (!stored) throw new Fault('no-checkpoint', {path: name, reason: 'not-listed'});
	const {manifest, checkpoint} = stored;
	if (!(manifest instanceof Fault) && isKept(manifest)) {
		// One that was moved away is not lost with this one.
		if (!force && !movedTo(checkpoint))
			throw new Fault('still-frozen', {checkpoint: name}, {processState: 'frozen'});
		const client = await KeeperClient.connect(checkpoint.dir);
		await client.release().finally(() => client.close());
	}
	if (!(manifest instanceof Fault)) keepInMind(path.dirname(store.root), manifest);
	store.remove(stored);
}
