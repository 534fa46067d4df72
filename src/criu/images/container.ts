import {open} from 'node:fs/promises';
import {Fault} from '../../common/fault.js';
import {commonMagic, type ImageKind, magics} from './magic.js';
import {decode, type MessageType} from './protobuf.js';

/**
 * The images this room reads describe a process; its memory is elsewhere. The largest real one seen is some
 * hundred kB (mm of a browser); more than this is no image but an attack or an accident.
 */
export const maximumImageBytes = 64 * 1024 * 1024;

export interface ImageEntry<T> {
	/** Offset of the entry's length word in the file. */
	offset: number;
	value: T;
}

/**
 * Reads one image file whole: magic numbers, then `[u32 length][message]` until the end.
 * @throws Fault `bad-image` that names the file and the offset: missing, too large, wrong magic, truncated, no such message.
 */
export async function readImage<T>(
	path: string,
	kind: ImageKind,
	type: MessageType<T>,
): Promise<Array<ImageEntry<T>>> {
	return parseImage(await readBounded(path), path, kind, type);
}

/** As `readImage`, from bytes in memory; `path` is only for the errors. */
export function parseImage<T>(
	data: Uint8Array,
	path: string,
	kind: ImageKind,
	type: MessageType<T>,
): Array<ImageEntry<T>> {
	const entries: Array<ImageEntry<T>> = [];
	for (const {offset, body} of imageEntries(data, path, kind)) {
		try {
			entries.push({offset, value: decode(type, body)});
		} catch (cause) {
			throw new Fault('bad-image', {path, offset, reason: 'bad-message'}, {cause});
		}
	}
	return entries;
}

/** The single entry of a file that has one (inventory, core, mm …). */
export async function readSingle<T>(path: string, kind: ImageKind, type: MessageType<T>): Promise<T> {
	const [first] = await readImage(path, kind, type);
	if (first === undefined) {
		throw new Fault('bad-image', {path, offset: 0, reason: 'empty'});
	}
	return first.value;
}

/**
 * The entries of an image file as bytes.
 * @param payloadBytes how many bytes of data follow an entry, in the files where some do.
 * @throws Fault `bad-image`.
 */
export function* imageEntries(
	data: Uint8Array,
	path: string,
	kind: ImageKind,
	payloadBytes: (body: Uint8Array) => number = () => 0,
): Generator<{offset: number; body: Uint8Array; payload: Uint8Array}> {
	const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
	const expected = kind === 'inventory' ? [magics.inventory] : [commonMagic, magics[kind]];
	let offset = 0;
	for (const magic of expected) {
		if (offset + 4 > data.byteLength) {
			throw new Fault('bad-image', {path, offset, reason: 'truncated'});
		}
		if (view.getUint32(offset, true) !== magic) {
			throw new Fault('bad-image', {path, offset, reason: 'bad-magic'});
		}
		offset += 4;
	}
	while (offset < data.byteLength) {
		if (offset + 4 > data.byteLength) {
			throw new Fault('bad-image', {path, offset, reason: 'truncated'});
		}
		const length = view.getUint32(offset, true);
		// A length is only a claim: it must lie inside the bytes that are really there.
		if (length > data.byteLength - offset - 4) {
			throw new Fault('bad-image', {path, offset, reason: 'truncated'});
		}
		const body = data.subarray(offset + 4, offset + 4 + length);
		const end = offset + 4 + length + payloadBytes(body);
		if (end > data.byteLength) throw new Fault('bad-image', {path, offset, reason: 'truncated'});
		yield {offset, body, payload: data.subarray(offset + 4 + length, end)};
		offset = end;
	}
}

/** The reverse of `imageEntries`: a whole image file with these entries. Never the inventory, which begins otherwise. */
export function imageFile(
	kind: Exclude<ImageKind, 'inventory'>,
	entries: Iterable<{body: Uint8Array; payload?: Uint8Array}>,
): Buffer {
	const parts: Uint8Array[] = [word(commonMagic), word(magics[kind])];
	for (const {body, payload} of entries) parts.push(word(body.length), body, ...(payload ? [payload] : []));
	return Buffer.concat(parts);
}

function word(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

async function readBounded(path: string): Promise<Uint8Array> {
	try {
		await using file = await open(path, 'r');
		const {size} = await file.stat();
		if (size > maximumImageBytes) {
			throw new Fault('bad-image', {path, offset: 0, reason: 'too-large'});
		}
		return await file.readFile();
	} catch (cause) {
		if (cause instanceof Fault) {
			throw cause;
		}
		const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
		throw new Fault('bad-image', {path, offset: 0, reason: missing ? 'missing' : 'unreadable'}, {cause});
	}
}
