import os from 'node:os';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {Fault} from '../../common/fault.js';
import type {Checkpoint} from '../folder.js';
import type {Manifest} from '../manifest.js';
import {compressedArchive} from './archive-writer.js';
import {contentsOf, requirePackable} from './contents.js';
import {BadKey, encrypt, type Lock} from './encryption.js';
import {type ArchiveIndex, archiveVersion} from './format.js';
import {instanceId} from './identity.js';
import {writeNewFile} from './new-file.js';
import type {OnProgress} from './progress.js';

export interface PackOptions {
	/** Readable for everybody who has the file, if absent. */
	lock?: Lock;
	signal?: AbortSignal;
	onProgress?: OnProgress;
	/** It must be frozen, not only have images. */
	move?: boolean;
}

export interface Packed {
	index: ArchiveIndex;
	manifest: Manifest;
	/** Bytes of the file. */
	size: number;
}

/**
 * Packs a checkpoint into one new file. Throws `unpackable`, `checkpoint-changed`, `bad-key`, the faults of
 * `requirePackable` and those of writing a file; then there is no such file.
 */
export async function packInto(
	file: string,
	checkpoint: Checkpoint,
	options: PackOptions = {},
): Promise<Packed> {
	const manifest = checkpoint.readManifest();
	requirePackable(checkpoint, manifest, options.move ?? false);
	const index = indexOf(checkpoint, manifest);
	// What was thawed or aborted meanwhile is not what was packed.
	const check = () => {
		if (checkpoint.readManifest().state !== manifest.state)
			throw new Fault('checkpoint-changed', {checkpoint: checkpoint.dir});
	};
	const {signal} = options;
	const how = {check, ...(signal ? {signal} : {})};
	const size = await writeNewFile(path.resolve(file), () => archiveStream(checkpoint, index, options), how);
	return {index, manifest, size};
}

function indexOf(checkpoint: Checkpoint, manifest: Manifest): ArchiveIndex {
	const files = contentsOf(checkpoint);
	return {
		format: 'dbusfreeze-checkpoint',
		version: archiveVersion,
		id: instanceId(checkpoint, manifest),
		name: path.basename(checkpoint.dir),
		hostname: os.hostname(),
		packedAt: new Date().toISOString(),
		bytes: files.reduce((sum, {size}) => sum + size, 0),
		files,
	};
}

async function archiveStream(
	checkpoint: Checkpoint,
	index: ArchiveIndex,
	{lock, onProgress = () => {}}: PackOptions,
): Promise<Readable> {
	const compressed = compressedArchive(checkpoint, index, onProgress);
	if (!lock) return compressed;
	try {
		return await encrypt(compressed, lock);
	} catch (error) {
		compressed.destroy();
		if (error instanceof BadKey) throw new Fault('bad-key', {key: error.message, kind: 'recipient'});
		throw error;
	}
}
