import fs from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {replaceFile} from '../../common/replace-file.js';
import {imageEntries, readImage} from './container.js';
import {decode, encode, text} from './protobuf.js';
import {file, remap} from './schema.js';

/** A file that the images name, as it is there and as it is here. */
export interface ImageFile {
	path: string;
	/** Bytes when it was dumped; CRIU restores only with a file of the same size. */
	size: number;
	/** Bytes now; undefined: it is not there. */
	now: number | undefined;
}

/** S_IFMT and S_IFREG of st_mode. */
const kindMask = 0o170000;
const regularFile = 0o100000;

/**
 * The regular files that the images need and do not contain, whose size is another one now, or that are missing.
 * @throws Fault `bad-image`.
 */
export async function changedFiles(imageDir: string): Promise<ImageFile[]> {
	const filesPath = path.join(imageDir, 'files.img');
	const contained = await remapped(imageDir);
	const changed = new Map<string, ImageFile>();
	for (const {body} of imageEntries(await readFile(filesPath), filesPath, 'files')) {
		const {id, regular} = decode(file, body);
		if (!regular || regular.size === undefined || contained.has(id ?? -1)) continue;
		if (((regular.mode ?? 0) & kindMask) !== regularFile) continue;
		// criu writes paths without their first slash.
		const place = path.join('/', text(regular.name));
		const size = Number(regular.size);
		const now = sizeOf(place);
		if (now !== size) changed.set(place, {path: place, size, now});
	}
	return [...changed.values()];
}

/** Makes the images expect the files as large as they are now. A crash leaves them as they were or as they shall be. */
export async function acceptSizes(imageDir: string, files: readonly ImageFile[]): Promise<void> {
	const filesPath = path.join(imageDir, 'files.img');
	const data = await readFile(filesPath);
	const sizes = new Map(files.map(({path: place, now}) => [place, now]));
	const parts: Uint8Array[] = [data.subarray(0, headBytes)];
	for (const {offset, body} of imageEntries(data, filesPath, 'files')) {
		const entry = decode(file, body);
		const size = entry.regular && sizes.get(path.join('/', text(entry.regular.name)));
		if (!entry.regular || size === undefined) {
			parts.push(data.subarray(offset, offset + lengthBytes + body.length));
			continue;
		}
		entry.regular.size = BigInt(size);
		const encoded = encode(file, entry);
		const length = Buffer.alloc(lengthBytes);
		length.writeUInt32LE(encoded.length);
		parts.push(length, encoded);
	}
	replaceFile(filesPath, Buffer.concat(parts));
}

/** Two magic numbers at the head of a file; a length before each entry. */
const headBytes = 8;
const lengthBytes = 4;

/** Files that were unlinked when they were dumped: they are in the images, or linked by them. */
async function remapped(imageDir: string): Promise<Set<number>> {
	const place = path.join(imageDir, 'remap-fpath.img');
	if (!fs.existsSync(place)) return new Set();
	const entries = await readImage(place, 'remap', remap);
	return new Set(entries.map(({value}) => value.originalId ?? -1));
}

function sizeOf(place: string): number | undefined {
	try {
		return fs.statSync(place).size;
	} catch {
		return undefined;
	}
}
