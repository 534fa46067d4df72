import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {extract, type Header} from 'tar-stream';
import {checkHeader, checkSums, parseIndex} from './archive-checks.js';
import {BadArchive} from './bad-archive.js';
import {type ArchiveIndex, maxIndexBytes, sumsName} from './format.js';

export interface ArchiveReader {
	/** Told before anything else: what follows. It may throw to refuse. */
	onIndex(index: ArchiveIndex): void;
	/** One file; its bytes must be read to the end. They are proved only when `readArchive` has returned. */
	onFile(file: ArchiveIndex['files'][number], blocks: AsyncIterable<Buffer>): Promise<void>;
}

/** A tar header and the padding after the content. */
const bytesAroundEntry = 2 * 512;
/** Beyond what the index says: the checksums, the end of the archive, headers of long names. */
const spareBytes = 4 * 1024 * 1024;

/**
 * Reads an uncompressed archive, trusting nothing in it: only what the index names may follow, in its order, of
 * the size it says, once, as plain files without owner or rights; and all of it must match its checksums.
 * Throws `BadArchive`.
 */
export async function readArchive(tar: AsyncIterable<Buffer>, reader: ArchiveReader): Promise<ArchiveIndex> {
	const archive = extract();
	const limit = {bytes: maxIndexBytes + spareBytes};
	const fed = feed(tar, archive, limit);
	fed.catch(() => {});
	try {
		return await readEntries(archive, reader, limit);
	} catch (error) {
		// What stopped the feeding is the cause of what the reader saw.
		if (error instanceof BadArchive && error.defect !== 'truncated' && error.defect !== 'damaged')
			throw error;
		await fed;
		throw error;
	} finally {
		archive.destroy(null);
		await fed.catch(() => {});
	}
}

/** Hands the archive on, as long as it does not become larger than it may. */
async function feed(
	tar: AsyncIterable<Buffer>,
	archive: ReturnType<typeof extract>,
	limit: {bytes: number},
): Promise<void> {
	const closed = once(archive, 'close').catch(() => {});
	let bytes = 0;
	try {
		for await (const block of tar) {
			bytes += block.length;
			if (bytes > limit.bytes) throw new BadArchive('bomb');
			if (archive.destroyed) return;
			if (!archive.write(block)) await Promise.race([once(archive, 'drain').catch(() => {}), closed]);
		}
		archive.end(undefined);
	} catch (error) {
		archive.destroy(error as Error);
		throw error;
	}
}

async function readEntries(
	archive: ReturnType<typeof extract>,
	reader: ArchiveReader,
	limit: {bytes: number},
): Promise<ArchiveIndex> {
	let index: ArchiveIndex | undefined;
	let complete = false;
	const sums = new Map<string, string>();
	const seen = new Set<string>();
	try {
		for await (const entry of archive) {
			const {header} = entry;
			const blocks = entry as AsyncIterable<Buffer>;
			const name = checkHeader(header);
			if (seen.has(name)) throw new BadArchive('duplicate', name);
			seen.add(name);
			if (index === undefined) {
				const text = await readSmall(blocks, header);
				index = parseIndex(name, text);
				limit.bytes += index.bytes + index.files.length * bytesAroundEntry;
				sums.set(name, sha256(text));
				reader.onIndex(index);
				continue;
			}
			const file = index.files[seen.size - 2];
			if (complete) throw new BadArchive('unlisted', name);
			if (file === undefined) {
				if (name !== sumsName) throw new BadArchive('unlisted', name);
				checkSums((await readSmall(blocks, header)).toString(), sums);
				complete = true;
			} else {
				if (name !== file.path) throw new BadArchive(name === sumsName ? 'missing' : 'unlisted', name);
				if (header.size !== file.size) throw new BadArchive('size', name);
				const hash = createHash('sha256');
				await reader.onFile(file, hashed(blocks, hash));
				sums.set(name, hash.digest('hex'));
			}
		}
	} catch (error) {
		throw isTarError(error) ? new BadArchive(seen.size === 0 ? 'format' : 'damaged') : error;
	}
	if (index === undefined || !complete) throw new BadArchive('truncated');
	return index;
}

async function* hashed(
	blocks: AsyncIterable<Buffer>,
	hash: ReturnType<typeof createHash>,
): AsyncGenerator<Buffer> {
	for await (const block of blocks) {
		hash.update(block);
		yield block;
	}
}

async function readSmall(blocks: AsyncIterable<Buffer>, {name, size = 0}: Header): Promise<Buffer> {
	if (size > maxIndexBytes) throw new BadArchive('size', name);
	const parts: Buffer[] = [];
	for await (const block of blocks) parts.push(block);
	return Buffer.concat(parts);
}

function sha256(data: Buffer): string {
	return createHash('sha256').update(data).digest('hex');
}

/** tar-stream's own errors have neither class nor code. */
function isTarError(error: unknown): boolean {
	return (
		!(error instanceof BadArchive) &&
		/tar header|^(Invalid header|Header exceeds|Unexpected end)/.test((error as Error).message)
	);
}
