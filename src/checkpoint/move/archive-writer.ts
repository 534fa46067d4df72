import {createHash} from 'node:crypto';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type {Readable} from 'node:stream';
import zlib from 'node:zlib';
import {type Pack, pack} from 'tar-stream';
import {Fault} from '../../common/fault.js';
import type {Checkpoint} from '../folder.js';
import {type ArchiveIndex, indexName, sumsName} from './format.js';
import type {OnProgress} from './progress.js';

/** Bytes that are read, compressed and written at a time. */
const blockBytes = 1024 * 1024;

/** Bytes that are read and hashed ahead while others are compressed. */
const aheadBytes = 4 * blockBytes;

/** zstd's own default: on memory images three times as fast as level 9 and a tenth larger. */
const compressionLevel = 3;

/**
 * The compressed archive of the files that `index` names, as a stream. It fails with the fault
 * `checkpoint-changed` when a file has become shorter or is gone meanwhile.
 */
export function compressedArchive(
	checkpoint: Checkpoint,
	index: ArchiveIndex,
	onProgress: OnProgress,
): Readable {
	const archive = pack({highWaterMark: aheadBytes});
	writeEntries(archive, checkpoint, index, onProgress).then(
		() => archive.finalize(),
		(error) => archive.destroy(error),
	);
	const compressor = zlib.createZstdCompress({
		chunkSize: blockBytes,
		params: {
			[zlib.constants.ZSTD_c_compressionLevel]: compressionLevel,
			[zlib.constants.ZSTD_c_checksumFlag]: 1,
		},
	});
	compress(archive as AsyncIterable<Buffer>, compressor).catch((error) => compressor.destroy(error));
	return compressor;
}

/**
 * Ends the compressor only when it has done with everything: told earlier, Node's ends the frame with the last
 * block, and then writes a second, empty one.
 */
async function compress(tar: AsyncIterable<Buffer>, compressor: zlib.ZstdCompress): Promise<void> {
	const closed = once(compressor, 'close').then(() => Promise.reject(new Error('the reader has gone')));
	closed.catch(() => {});
	for await (const block of tar) {
		const {promise, resolve} = Promise.withResolvers<void>();
		compressor.write(block, () => resolve());
		await Promise.race([promise, closed]);
	}
	compressor.end();
}

async function writeEntries(
	archive: Pack,
	checkpoint: Checkpoint,
	index: ArchiveIndex,
	onProgress: OnProgress,
): Promise<void> {
	const closed = once(archive, 'close').then(() => Promise.reject(new Error('the reader has gone')));
	closed.catch(() => {});
	const sums: string[] = [];
	const description = Buffer.from(`${JSON.stringify(index)}\n`);
	sums.push(sumLine(createHash('sha256').update(description).digest('hex'), indexName));
	archive.entry(header(indexName, description.length), description);
	let done = 0;
	for (const {path: file, size} of index.files) {
		const hash = createHash('sha256');
		const entry = archive.entry(header(file, size));
		entry.on('error', () => {}); // the archive fails with it
		for await (const block of blocksOf(checkpoint, file, size)) {
			hash.update(block);
			if (!entry.write(block)) await Promise.race([once(entry, 'drain'), closed]);
			done += block.length;
			onProgress({phase: 'pack', done, total: index.bytes});
		}
		entry.end(undefined);
		sums.push(sumLine(hash.digest('hex'), file));
	}
	const text = Buffer.from(sums.join(''));
	archive.entry(header(sumsName, text.length), text);
}

/** Exactly `size` bytes of a file: what has been appended meanwhile is not in the index. */
async function* blocksOf(checkpoint: Checkpoint, file: string, size: number): AsyncGenerator<Buffer> {
	const changed = () => new Fault('checkpoint-changed', {checkpoint: checkpoint.dir});
	const flags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW;
	const handle = await fs.promises.open(path.join(checkpoint.dir, file), flags).catch(() => {
		throw changed();
	});
	try {
		for (let at = 0; at < size; ) {
			const block = Buffer.allocUnsafeSlow(Math.min(blockBytes, size - at));
			const {bytesRead} = await handle.read(block, 0, block.length, at);
			if (bytesRead === 0) throw changed();
			at += bytesRead;
			yield block.subarray(0, bytesRead);
		}
	} finally {
		await handle.close();
	}
}

/** Nothing of this machine is in it, so that the same checkpoint gives the same archive. */
function header(name: string, size: number) {
	return {
		name,
		size,
		type: 'file',
		mode: 0o600,
		uid: 0,
		gid: 0,
		uname: '',
		gname: '',
		mtime: new Date(0),
	} as const;
}

function sumLine(sum: string, file: string): string {
	return `${sum}  ${file}\n`;
}
