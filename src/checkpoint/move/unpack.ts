import fs from 'node:fs';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import zlib, {type ZstdOptions} from 'node:zlib';
import {Fault} from '../../common/fault.js';
import {Checkpoint} from '../folder.js';
import {readArchive} from './archive-reader.js';
import {BadArchive} from './bad-archive.js';
import {ageMagic, BadKey, decrypt, type Keys, WrongKey} from './encryption.js';
import type {ArchiveIndex} from './format.js';
import {writeOrigin} from './origin.js';
import type {Placement} from './placement.js';
import type {OnProgress} from './progress.js';

export interface UnpackOptions {
	keys?: Keys;
	signal?: AbortSignal;
	onProgress?: OnProgress;
}

/** First bytes of a zstd frame (RFC 8878). */
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Bytes that are decompressed at a time, and that may be ahead of the disk. */
const blockBytes = 1024 * 1024;
const aheadBytes = 4 * blockBytes;

/** Share of the free space that an archive may fill: a full disk stops other programs, too. */
const usableShare = 0.95;

/**
 * Unpacks an archive into a placement; the caller commits it. Throws `bad-archive`, `archive-locked`, `bad-key`,
 * `no-space`, `disk-full`; what was written is then to be discarded.
 * @param source the bytes of the archive. @param named what to call it in a fault.
 */
export async function unpackInto(
	placement: Placement,
	source: AsyncIterable<Buffer>,
	named: string,
	{keys = {}, signal, onProgress = () => {}}: UnpackOptions = {},
): Promise<ArchiveIndex> {
	let done = 0;
	let total = 0;
	try {
		const {tar, check} = await decompressed(source, named, keys, signal);
		const index = await readArchive(tar, {
			onIndex: ({bytes, files}) => {
				requireSpace(placement, bytes, named);
				total = bytes;
				for (const folder of new Set(files.map(({path: file}) => path.dirname(file))))
					fs.mkdirSync(path.join(placement.dir, folder), {recursive: true, mode: 0o700});
			},
			onFile: async ({path: file}, blocks) => {
				await pipeline(
					blocks,
					async function* count(all) {
						for await (const block of all) {
							done += block.length;
							onProgress({phase: 'unpack', done, total});
							yield block;
						}
					},
					fs.createWriteStream(path.join(placement.dir, file), {
						flags: 'wx',
						mode: 0o600,
						highWaterMark: aheadBytes,
					}),
				);
			},
		});
		check();
		complete(new Checkpoint(placement.dir), index);
		return index;
	} catch (error) {
		throw asFault(error, named, placement.dir);
	}
}

/** What an archive is not: its own parts that are only of use here, and whose it is now. */
function complete(checkpoint: Checkpoint, {id, name, hostname, packedAt}: ArchiveIndex): void {
	for (const part of [checkpoint.images, checkpoint.gate, checkpoint.stash])
		fs.mkdirSync(part, {recursive: true, mode: 0o700});
	try {
		// The keeper of the original holds nothing for us, even if it has a namesake here.
		checkpoint.writeManifest({...checkpoint.readManifest(), keeper: null});
	} catch (error) {
		throw error instanceof Fault ? new BadArchive('manifest') : error;
	}
	writeOrigin(checkpoint, {id, name, hostname, packedAt, unpackedAt: new Date().toISOString()});
}

function requireSpace(placement: Placement, needed: number, named: string): void {
	const free = Math.floor(placement.freeBytes * usableShare);
	if (needed > free) throw new Fault('no-space', {path: named, needed, free});
}

/** The archive itself; `check` tells when it has been read whether it was all there was. */
async function decompressed(
	source: AsyncIterable<Buffer>,
	named: string,
	keys: Keys,
	signal: AbortSignal | undefined,
): Promise<{tar: Readable; check: () => void}> {
	let {head, all} = await peek(source, ageMagic.length);
	if (head.toString('latin1') === ageMagic) {
		if (keys.passphrase === undefined && !keys.identities?.length)
			throw new Fault('archive-locked', {path: named, why: 'no-key'});
		({head, all} = await peek(await decrypt(all, keys), zstdMagic.length));
	}
	if (!head.subarray(0, zstdMagic.length).equals(zstdMagic)) throw new BadArchive('format');
	const decompressor = zlib.createZstdDecompress({
		chunkSize: blockBytes,
		readableHighWaterMark: aheadBytes,
	} as ZstdOptions);
	let bytes = 0;
	let isAtEnd = false;
	async function* counted() {
		for await (const block of all) {
			bytes += block.length;
			yield block;
		}
		isAtEnd = true;
	}
	pipeline(counted, decompressor, signal ? {signal} : {}).catch((error) => decompressor.destroy(error));
	// zstd stops without an error before bytes that it does not want: too many, or the rest of a torn checksum.
	const check = () => {
		if (!isAtEnd || decompressor.bytesWritten !== bytes) throw new BadArchive('damaged');
	};
	return {tar: decompressor, check};
}

/** The first bytes, and all of them. */
async function peek(
	source: AsyncIterable<Buffer>,
	count: number,
): Promise<{head: Buffer; all: AsyncIterable<Buffer>}> {
	const blocks = source[Symbol.asyncIterator]();
	let head = Buffer.alloc(0);
	while (head.length < count) {
		const {value, done} = await blocks.next();
		if (done) break;
		head = Buffer.concat([head, value]);
	}
	const rest = {[Symbol.asyncIterator]: () => blocks};
	async function* all() {
		yield head;
		yield* rest;
	}
	return {head: head.subarray(0, count), all: all()};
}

function asFault(error: unknown, named: string, dir: string): unknown {
	if (error instanceof BadArchive)
		return new Fault('bad-archive', {path: named, defect: error.defect, entry: error.entry}, {cause: error});
	if (error instanceof BadKey) return new Fault('bad-key', {key: '', kind: 'identity'});
	if (error instanceof WrongKey) return new Fault('archive-locked', {path: named, why: 'wrong-key'});
	const {code = '', message} = error as NodeJS.ErrnoException;
	if (code === 'ENOSPC' || code === 'EDQUOT') return new Fault('disk-full', {path: dir}, {cause: error});
	// Of zlib's errors, this one means that the data ends too early.
	if (code === 'Z_BUF_ERROR' || /unexpected end of (file|data)/i.test(message))
		return new Fault('bad-archive', {path: named, defect: 'truncated', entry: ''}, {cause: error});
	if (/^(Z_|ZSTD_)/.test(code) || /invalid tag|chunk|ciphertext/i.test(message))
		return new Fault('bad-archive', {path: named, defect: 'damaged', entry: ''}, {cause: error});
	return error;
}
