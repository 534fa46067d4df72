import fs from 'node:fs';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {Fault} from '../../common/fault.js';
import {removeLeftovers, syncFolder, unfinishedName} from './leftovers.js';

/**
 * Writes a stream to a new file, mode 0600, that is there as a whole or not at all, however this program ends.
 * Throws `output-exists`, `output-unwritable`, `disk-full`, and what the stream throws.
 * @param source given only when the place can be written to.
 * @param check called when all is written; there is no file if it throws.
 * @returns its size in bytes.
 */
export async function writeNewFile(
	file: string,
	source: () => Promise<Readable>,
	{signal, check = () => {}}: {signal?: AbortSignal; check?: () => void} = {},
): Promise<number> {
	if (fs.existsSync(file)) throw new Fault('output-exists', {path: file});
	const folder = path.dirname(file);
	const label = path.basename(file);
	let fd: number;
	const unfinished = unfinishedName(folder, label);
	try {
		removeLeftovers(folder, label);
		fd = fs.openSync(unfinished, 'wx', 0o600);
	} catch (error) {
		throw new Fault('output-unwritable', {path: file, reason: (error as NodeJS.ErrnoException).code ?? ''});
	}
	try {
		const output = fs.createWriteStream('', {fd, flush: true, highWaterMark: 4 * 1024 * 1024});
		await pipeline(await source(), output, signal ? {signal} : {});
		check();
		const {size} = fs.statSync(unfinished);
		// A link and not a renaming: that would replace a file that has come meanwhile.
		fs.linkSync(unfinished, file);
		syncFolder(folder);
		return size;
	} catch (error) {
		const {code, syscall} = error as NodeJS.ErrnoException;
		if (code === 'ENOSPC' || code === 'EDQUOT') throw new Fault('disk-full', {path: file}, {cause: error});
		if (syscall === 'link') throw new Fault('output-exists', {path: file});
		throw error;
	} finally {
		fs.rmSync(unfinished, {force: true});
	}
}
