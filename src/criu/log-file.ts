import {closeSync, fstatSync, openSync, readSync} from 'node:fs';

/** Read of each end of a log at most: a criu that goes round in circles writes gigabytes. */
const endBytes = 4 * 1024 * 1024;

/**
 * The text of a log of criu; of a huge one its beginning and its end, with whole lines only.
 * @throws Error of the file system.
 */
export function readLogFile(path: string): string {
	const fd = openSync(path, 'r');
	try {
		const {size} = fstatSync(fd);
		if (size <= 2 * endBytes) return part(fd, 0, size);
		const beginning = part(fd, 0, endBytes);
		const end = part(fd, size - endBytes, endBytes);
		return `${beginning.slice(0, beginning.lastIndexOf('\n') + 1)}${end.slice(end.indexOf('\n') + 1)}`;
	} finally {
		closeSync(fd);
	}
}

function part(fd: number, position: number, length: number): string {
	const buffer = Buffer.alloc(length);
	let done = 0;
	while (done < length) {
		const read = readSync(fd, buffer, done, length - done, position + done);
		if (read === 0) break;
		done += read;
	}
	return buffer.toString('utf8', 0, done);
}
