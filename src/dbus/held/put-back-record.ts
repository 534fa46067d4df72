import fs from 'node:fs';
import path from 'node:path';

/**
 * How far a stash has been put back, as a file in its folder while that is under way. What it is for: after the
 * end of this process, to say which messages the service may have. It has none of them unless it runs: before
 * that they are in the kernel only, and end with the connection. So: the service runs and `complete` is true,
 * then it has all; it never ran, then all of the stash is still to be delivered, whatever this file says.
 */
export interface PutBackRecord {
	/** Messages wholly in the socket, counted from the first of the stash. */
	messages: number;
	/** Everything is in it. */
	complete: boolean;
	/** Inode of the held socket. */
	socket: number;
}

const fileName = 'put-back.json';

/** Mode 0600. A full disk is no obstacle: the record is then an older one, or missing. */
export function writePutBackRecord(dir: string, record: PutBackRecord): void {
	const file = path.join(dir, fileName);
	try {
		fs.writeFileSync(`${file}.new`, `${JSON.stringify(record)}\n`, {mode: 0o600});
		fs.renameSync(`${file}.new`, file);
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
	}
}

/** Undefined: nothing has been put back, or it has been taken back or delivered. */
export function readPutBackRecord(dir: string): PutBackRecord | undefined {
	try {
		return JSON.parse(fs.readFileSync(path.join(dir, fileName), 'utf8')) as PutBackRecord;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}

export function removePutBackRecord(dir: string): void {
	for (const name of [fileName, `${fileName}.new`]) fs.rmSync(path.join(dir, name), {force: true});
}
