import {createHash} from 'node:crypto';
import fs from 'node:fs';
import {BadArchive} from '../bad-archive.js';
import {
	blobPath,
	configType,
	type Descriptor,
	encryptedLayerType,
	layerType,
	manifestSchema,
	openPlain,
	readBlob,
	readLayoutIndex,
	tagAnnotation,
} from './layout.js';
import type {LayoutPlace} from './place.js';

/**
 * The packed checkpoint in an OCI image layout, checked against its digest while it is read: what comes is proved
 * when the end has come. Throws `BadArchive`.
 */
export async function* readLayer({dir, tag}: LayoutPlace): AsyncGenerator<Buffer> {
	const layer = findLayer(dir, tag);
	const hash = createHash('sha256');
	const fd = openPlain(blobPath(dir, layer.digest));
	let size = 0;
	for await (const block of fs.createReadStream('', {fd, highWaterMark: 1024 * 1024})) {
		size += block.length;
		hash.update(block);
		// The end is held back until the digest is known.
		if (size >= layer.size && (size > layer.size || `sha256:${hash.digest('hex')}` !== layer.digest))
			throw new BadArchive('checksum', layer.digest);
		yield block;
	}
	if (size < layer.size) throw new BadArchive('truncated');
}

/** The tools of some registries write no tag when there is only one image. */
function findLayer(dir: string, tag: string): Descriptor {
	const {manifests} = readLayoutIndex(dir);
	const tagged = manifests.find(({annotations}) => annotations?.[tagAnnotation] === tag);
	const found = tagged ?? (manifests.length === 1 && !manifests[0]?.annotations ? manifests[0] : undefined);
	if (!found) throw new BadArchive('no-such-tag', tag);
	const {config, layers} = readBlob(dir, found, manifestSchema);
	const [layer] = layers;
	const ours = layer && (layer.mediaType === layerType || layer.mediaType === encryptedLayerType);
	if (config.mediaType !== configType || layers.length !== 1 || !ours) throw new BadArchive('not-ours', tag);
	return layer;
}
