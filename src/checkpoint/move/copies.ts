import fs from 'node:fs';
import path from 'node:path';
import {z} from 'zod';
import {Fault} from '../../common/fault.js';
import {replaceFile} from '../../common/replace-file.js';
import type {Checkpoint} from '../folder.js';
import {standingOf} from '../standing.js';
import {CheckpointStore} from '../store.js';
import {instanceId} from './identity.js';
import {readOrigin} from './origin.js';
import {readJson} from './read-json.js';

const copySchema = z.object({
	kind: z.enum(['file', 'oci', 'host']),
	/** The file, the layout, or `user@host`. */
	to: z.string(),
	/** ISO 8601. */
	at: z.string(),
	/**
	 * `packed`: a copy may be thawed anywhere, nobody will tell us. `moved`: another machine has it and may thaw it,
	 * we may not. `thawed`: that machine has said that it did.
	 */
	state: z.enum(['packed', 'moved', 'thawed']),
});

export type Copy = z.infer<typeof copySchema>;

/** Beside the manifest and not in it: the manifest belongs to the keeper as long as one lives. */
export const copiesName = 'copies.json';

/** The copies of a checkpoint that were made here, oldest first. */
export function copiesOf({dir}: Checkpoint): Copy[] {
	return readJson(path.join(dir, copiesName), z.array(copySchema)) ?? [];
}

/** Where the checkpoint lives now instead of here. */
export function movedTo(checkpoint: Checkpoint): Copy | undefined {
	return copiesOf(checkpoint).findLast(({state}) => state !== 'packed');
}

/** Remembers a copy, instead of an older one at the same place. It survives a power cut. */
export function recordCopy(checkpoint: Checkpoint, copy: Copy): void {
	writeCopies(checkpoint, [...without(checkpoint, copy), copy]);
}

/** After all it was not made, or it has come back. */
export function forgetCopy(checkpoint: Checkpoint, copy: Pick<Copy, 'kind' | 'to'>): void {
	writeCopies(checkpoint, without(checkpoint, copy));
}

/**
 * Refuses what would make two of one process: a checkpoint that was moved to another machine, or one of which
 * another copy lives in the same state dir. Throws `moved`, `copy-lives`.
 */
export function refuseSecondLife(checkpoint: Checkpoint, stateDir: string): void {
	refuseMoved(checkpoint);
	refuseLivingCopy(checkpoint, stateDir);
}

/** Throws `copy-lives`. */
export function refuseLivingCopy(checkpoint: Checkpoint, stateDir: string): void {
	// The usual checkpoint has no copies, and its thaw shall not take longer for looking.
	if (copiesOf(checkpoint).length === 0 && !readOrigin(checkpoint)) return;
	const id = instanceId(checkpoint, checkpoint.readManifest());
	for (const {checkpoint: other, manifest} of new CheckpointStore(stateDir).list()) {
		if (manifest instanceof Fault || other.dir === checkpoint.dir) continue;
		const standing = standingOf(manifest);
		const lives = standing === 'thawed' || standing === 'frozen' || standing === 'thawing';
		if (!lives || instanceId(other, manifest) !== id) continue;
		const where = {processState: 'frozen'} as const;
		throw new Fault('copy-lives', {checkpoint: checkpoint.dir, other: other.dir, standing}, where);
	}
}

/** Throws `moved`. */
export function refuseMoved(checkpoint: Checkpoint): void {
	const copy = movedTo(checkpoint);
	if (!copy) return;
	const {to, state} = copy;
	const thawed = state === 'thawed';
	throw new Fault('moved', {checkpoint: checkpoint.dir, to, thawed}, {processState: 'frozen'});
}

function without(checkpoint: Checkpoint, {kind, to}: Pick<Copy, 'kind' | 'to'>): Copy[] {
	return copiesOf(checkpoint).filter((one) => one.kind !== kind || one.to !== to);
}

function writeCopies({dir}: Checkpoint, copies: readonly Copy[]): void {
	const file = path.join(dir, copiesName);
	replaceFile(file, `${JSON.stringify(copies, undefined, '\t')}\n`);
	for (const place of [file, dir]) {
		const fd = fs.openSync(place, 'r');
		fs.fsyncSync(fd);
		fs.closeSync(fd);
	}
}
