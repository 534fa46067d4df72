import fs from 'node:fs';
import path from 'node:path';
import type {Checkpoint} from './folder.js';
import type {Manifest} from './manifest.js';

/** What was read of a folder, and of which file: a manifest is never changed in place, but replaced. */
const known = new Map<string, {file: string; manifest: Manifest}>();

/**
 * The manifest, for lists that are asked for again and again: hundreds of checkpoints need not be read and checked
 * every two seconds. Whoever acts on one reads it himself. Throws `no-checkpoint`.
 */
export function listedManifest(checkpoint: Checkpoint): Manifest {
	const stat = fs.statSync(path.join(checkpoint.dir, 'manifest.json'), {throwIfNoEntry: false});
	const file = stat ? [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(' ') : '';
	const before = known.get(checkpoint.dir);
	if (before && before.file === file) return before.manifest;
	known.delete(checkpoint.dir);
	const manifest = checkpoint.readManifest();
	known.set(checkpoint.dir, {file, manifest});
	return manifest;
}
