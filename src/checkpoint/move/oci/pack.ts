import fs from 'node:fs';
import path from 'node:path';
import {Fault} from '../../../common/fault.js';
import {replaceFile} from '../../../common/replace-file.js';
import {syncTree} from '../../files.js';
import type {Checkpoint} from '../../folder.js';
import {BadArchive} from '../bad-archive.js';
import {fileDigest} from '../file-digest.js';
import {removeLeftovers, syncFolder, unfinishedName} from '../leftovers.js';
import {type Packed, type PackOptions, packInto} from '../pack.js';
import {
	blobPath,
	configType,
	type Descriptor,
	digestOf,
	encryptedLayerType,
	type LayoutIndex,
	layerType,
	manifestType,
	readLayoutIndex,
	tagAnnotation,
} from './layout.js';
import type {LayoutPlace} from './place.js';

const label = 'packing';

/**
 * Packs a checkpoint into an OCI image layout, a new one or one that has other images; an image of the same tag is
 * replaced, and its blobs stay. The index is written last, so that at no moment a tag names half an image.
 * Throws as `packInto`, and `bad-archive` when the folder is something else.
 */
export async function packIntoLayout(
	{dir, tag}: LayoutPlace,
	checkpoint: Checkpoint,
	options: PackOptions = {},
): Promise<Packed> {
	const index = openLayout(dir);
	const blobs = path.join(dir, 'blobs', 'sha256');
	removeLeftovers(blobs, label);
	const unfinished = unfinishedName(blobs, label);
	try {
		const packed = await packInto(unfinished, checkpoint, options);
		const digest = await fileDigest(unfinished);
		fs.renameSync(unfinished, blobPath(dir, digest));
		const {size} = packed;
		const mediaType = options.lock ? encryptedLayerType : layerType;
		const manifest = writeManifest(dir, packed, {mediaType, digest, size}, options.lock !== undefined);
		const others = index.manifests.filter(({annotations}) => annotations?.[tagAnnotation] !== tag);
		await syncTree(path.join(dir, 'blobs'));
		const tagged = {...manifest, annotations: {[tagAnnotation]: tag}};
		replaceFile(path.join(dir, 'index.json'), JSON.stringify({...index, manifests: [...others, tagged]}));
		syncFolder(dir);
		return packed;
	} finally {
		fs.rmSync(unfinished, {force: true});
	}
}

/** What is in the layout; a missing or empty folder becomes one. */
function openLayout(dir: string): LayoutIndex {
	try {
		fs.mkdirSync(dir, {recursive: true, mode: 0o700});
		if (fs.readdirSync(dir).length === 0)
			replaceFile(path.join(dir, 'oci-layout'), JSON.stringify({imageLayoutVersion: '1.0.0'}));
		fs.mkdirSync(path.join(dir, 'blobs', 'sha256'), {recursive: true, mode: 0o700});
		const isNew = fs.existsSync(path.join(dir, 'oci-layout')) && !fs.existsSync(path.join(dir, 'index.json'));
		return isNew ? {schemaVersion: 2, manifests: []} : readLayoutIndex(dir);
	} catch (error) {
		if (error instanceof BadArchive)
			throw new Fault('bad-archive', {path: dir, defect: error.defect, entry: error.entry});
		const {code, message} = error as NodeJS.ErrnoException;
		throw new Fault('output-unwritable', {path: dir, reason: code ?? message});
	}
}

/** Of an encrypted one nothing is told that the archive itself does not tell. */
function writeManifest(
	dir: string,
	{index, manifest}: Packed,
	layer: Descriptor,
	encrypted: boolean,
): Descriptor {
	const {format, version, id, name, hostname, packedAt, bytes} = index;
	const {names, comm} = manifest.target;
	const {arch, kernel, cpu} = manifest.host;
	const about = {name, hostname, bytes, names, comm, arch, kernel, cpu};
	const config = writeBlob(dir, configType, {format, version, id, packedAt, ...(encrypted ? {} : about)});
	return writeBlob(dir, manifestType, {
		schemaVersion: 2,
		mediaType: manifestType,
		config,
		layers: [layer],
		annotations: {
			'org.opencontainers.image.created': packedAt,
			...(encrypted ? {} : {'org.opencontainers.image.title': name}),
		},
	});
}

function writeBlob(dir: string, mediaType: string, content: unknown): Descriptor {
	const text = JSON.stringify(content);
	const digest = digestOf(text);
	replaceFile(blobPath(dir, digest), text);
	return {mediaType, digest, size: Buffer.byteLength(text)};
}
