import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {z} from 'zod';
import {replaceFile} from '../../../common/replace-file.js';
import type {Checkpoint} from '../../folder.js';
import {parcelName} from '../contents.js';
import {fileDigest} from '../file-digest.js';
import {type PackOptions, packInto} from '../pack.js';
import {readJson} from '../read-json.js';

const factsSchema = z.object({
	id: z.string(),
	size: z.number(),
	digest: z.string(),
	/** What was packed: changes when the checkpoint does. */
	stamp: z.string(),
});

/** A packed checkpoint on its way; it stays beside the checkpoint until it has arrived. */
export interface Parcel extends z.infer<typeof factsSchema> {
	file: string;
}

/** The parcel of an interrupted sending, if it is still that of the checkpoint; else a new one. */
export async function parcelOf(checkpoint: Checkpoint, options: PackOptions): Promise<Parcel> {
	const folder = path.join(checkpoint.dir, parcelName);
	const file = path.join(folder, 'archive');
	const known = readFacts(folder);
	const stamp = stampOf(checkpoint);
	if (known?.stamp === stamp && fs.existsSync(file)) return {...known, file};
	fs.rmSync(folder, {recursive: true, force: true});
	fs.mkdirSync(folder, {mode: 0o700});
	const {index, size} = await packInto(file, checkpoint, {...options, move: true});
	const facts = {id: index.id, size, digest: await fileDigest(file), stamp};
	replaceFile(path.join(folder, 'facts.json'), JSON.stringify(facts));
	return {...facts, file};
}

export function removeParcel(checkpoint: Checkpoint): void {
	fs.rmSync(path.join(checkpoint.dir, parcelName), {recursive: true, force: true});
}

function readFacts(folder: string): z.infer<typeof factsSchema> | undefined {
	try {
		return readJson(path.join(folder, 'facts.json'), factsSchema);
	} catch {
		return undefined;
	}
}

/** Of what may change while it is frozen and must not be missing there: the manifest, and the messages that wait. */
function stampOf({dir, stash}: Checkpoint): string {
	const hash = createHash('sha256').update(fs.readFileSync(path.join(dir, 'manifest.json')));
	for (const name of fs.readdirSync(stash, {recursive: true, encoding: 'utf8'}).sort())
		hash.update(`${name} ${fs.statSync(path.join(stash, name)).size}\n`);
	return hash.digest('hex');
}
