import fs from 'node:fs';
import path from 'node:path';

/**
 * Whether a stash has been put back, as a file in its folder from then until the stash is emptied. It is for
 * whoever finds the folder after the end of this process. What is put back is in the kernel only, and ends with
 * the connection, until the service runs. So: it runs, and `complete` is true: it has everything that the stash
 * holds. It never ran: all of the stash is still to be delivered, whatever this file says. (It cannot run
 * before `complete` is true as long as nobody lets criu go on earlier.)
 */
export interface PutBackRecord {
	/** Everything was in the socket. */
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
