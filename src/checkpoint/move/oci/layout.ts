import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {z} from 'zod';
import {BadArchive} from '../bad-archive.js';

/*
 * An OCI image layout (image-spec v1): `oci-layout`, `index.json`, and blobs named by their digests. A checkpoint
 * in it is an artifact: a manifest with our types, one configuration, one layer, which is the packed file itself.
 * Registries and tools that copy images copy it as it is; tools that run images leave it alone.
 */

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const configType = 'application/vnd.dbusfreeze.checkpoint.config.v1+json';
export const layerType = 'application/vnd.dbusfreeze.checkpoint.v1.tar+zstd';
export const encryptedLayerType = 'application/vnd.dbusfreeze.checkpoint.v1.tar+zstd+age';
/** The annotation that holds a tag (image-spec, annotations). */
export const tagAnnotation = 'org.opencontainers.image.ref.name';

/** Bytes of an index or a manifest: registries refuse larger ones. */
const maxDocumentBytes = 4 * 1024 * 1024;

const descriptor = z.looseObject({
	mediaType: z.string(),
	/** The one algorithm that every registry has. */
	digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
	size: z.number().int().nonnegative(),
	annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.infer<typeof descriptor>;

const layoutSchema = z.looseObject({imageLayoutVersion: z.literal('1.0.0')});
const indexSchema = z.looseObject({schemaVersion: z.literal(2), manifests: z.array(descriptor)});
export type LayoutIndex = z.infer<typeof indexSchema>;

export const manifestSchema = z.looseObject({
	schemaVersion: z.literal(2),
	config: descriptor,
	layers: z.array(descriptor),
});

export function digestOf(data: string | Buffer): string {
	return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

export function blobPath(dir: string, digest: string): string {
	return path.join(dir, 'blobs', ...digest.split(':'));
}

/** Throws `BadArchive` when the folder is no layout. */
export function readLayoutIndex(dir: string): LayoutIndex {
	readDocument(path.join(dir, 'oci-layout'), layoutSchema);
	return readDocument(path.join(dir, 'index.json'), indexSchema);
}

/** A JSON blob, checked against its digest and size. Throws `BadArchive`. */
export function readBlob<T>(dir: string, {digest, size}: Descriptor, schema: z.ZodType<T>): T {
	const file = blobPath(dir, digest);
	const text = readBounded(file);
	if (text.length !== size || digestOf(text) !== digest) throw new BadArchive('checksum', digest);
	return parse(file, text, schema);
}

function readDocument<T>(file: string, schema: z.ZodType<T>): T {
	return parse(file, readBounded(file), schema);
}

function parse<T>(file: string, text: Buffer, schema: z.ZodType<T>): T {
	try {
		return schema.parse(JSON.parse(text.toString()));
	} catch {
		throw new BadArchive('layout', path.basename(file));
	}
}

/** A plain file of the layout; a link could lead out of it. */
function readBounded(file: string): Buffer {
	const fd = openPlain(file);
	try {
		const {size} = fs.fstatSync(fd);
		if (size > maxDocumentBytes) throw new BadArchive('layout', path.basename(file));
		return fs.readFileSync(fd);
	} finally {
		fs.closeSync(fd);
	}
}

/** @returns a descriptor of the caller's. Throws `BadArchive`. */
export function openPlain(file: string): number {
	const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK} = fs.constants;
	let fd: number;
	try {
		fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	} catch {
		throw new BadArchive('layout', path.basename(file));
	}
	if (fs.fstatSync(fd).isFile()) return fd;
	fs.closeSync(fd);
	throw new BadArchive('layout', path.basename(file));
}
