import fs from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {replaceFile} from '../../common/replace-file.js';
import {imageEntries, imageFile, readImage} from './container.js';
import {decode, encode, text} from './protobuf.js';
import {file, pstree, remap} from './schema.js';

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
	const own = await ownFolders(imageDir);
	const changed = new Map<string, ImageFile>();
	for (const {body} of imageEntries(await readFile(filesPath), filesPath, 'files')) {
		const {id, regular} = decode(file, body);
		if (!regular || regular.size === undefined || contained.has(id ?? -1)) continue;
		if (((regular.mode ?? 0) & kindMask) !== regularFile) continue;
		// criu writes paths without their first slash.
		const place = path.join('/', text(regular.name));
		if (own.some((folder) => place.startsWith(folder))) continue;
		const size = Number(regular.size);
		const now = sizeOf(place);
		if (now !== size) changed.set(place, {path: place, size, now});
	}
	return [...changed.values()];
}

/** Makes the images expect the files as large as they are now. A crash leaves them as they were or as they shall be. */
export async function acceptSizes(imageDir: string, files: readonly ImageFile[]): Promise<void> {
	const filesPath = path.join(imageDir, 'files.img');
	const sizes = new Map(files.map(({path: place, now}) => [place, now]));
	const entries = [...imageEntries(await readFile(filesPath), filesPath, 'files')].map(({body}) => {
		const entry = decode(file, body);
		const size = entry.regular && sizes.get(path.join('/', text(entry.regular.name)));
		if (!entry.regular || size === undefined) return {body};
		entry.regular.size = BigInt(size);
		return {body: encode(file, entry)};
	});
	replaceFile(filesPath, imageFile('files', entries));
}

/** Files that were unlinked when they were dumped: they are in the images, or linked by them. */
async function remapped(imageDir: string): Promise<Set<number>> {
	const place = path.join(imageDir, 'remap-fpath.img');
	if (!fs.existsSync(place)) return new Set();
	const entries = await readImage(place, 'remap', remap);
	return new Set(entries.map(({value}) => value.originalId ?? -1));
}

/** What a process has open of its own /proc folder is there again as soon as the process is. */
async function ownFolders(imageDir: string): Promise<string[]> {
	const tree = await readImage(path.join(imageDir, 'pstree.img'), 'pstree', pstree);
	return tree.map(({value}) => `/proc/${value.pid}/`);
}

function sizeOf(place: string): number | undefined {
	try {
		return fs.statSync(place).size;
	} catch {
		return undefined;
	}
}
