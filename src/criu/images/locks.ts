import fs from 'node:fs';
import path from 'node:path';
import type {ProcessSnapshot} from '../../context/model.js';
import {readImage} from './container.js';
import type {Decoded} from './protobuf.js';
import {fileLock} from './schema.js';

export type LockEntry = Decoded<typeof fileLock>;

/** FL_… of criu/include/file-lock.h, in the words of /proc. */
const kinds: Record<number, string> = {1: 'POSIX', 2: 'FLOCK', 4: 'OFDLCK', 8: 'LEASE'};
const modes: Record<number, string> = {0: 'READ', 1: 'WRITE', 2: 'UNLCK'};

/** The locks that a process holds on its files, in the words of /proc, sorted: `FLOCK WRITE 0-EOF /path`. */
export function lockTexts(
	{pid, fds}: Pick<ProcessSnapshot, 'pid' | 'fds'>,
	entries: readonly LockEntry[],
): string[] {
	const paths = new Map(fds.map(({fd, target}) => [fd, target]));
	const texts = entries
		.filter((entry) => entry.pid === pid)
		.map(({kind = 0, type = 0, fd = -1, start = 0n, length = 0n}) => {
			const end = length === 0n ? 'EOF' : String(start + length - 1n);
			return `${kinds[kind] ?? kind} ${modes[type] ?? type} ${start}-${end} ${paths.get(fd) ?? ''}`;
		});
	return [...new Set(texts)].sort();
}

/** All locks in the images, in CRIU's words. @throws Fault `bad-image`. */
export async function imageLocks(imageDir: string): Promise<LockEntry[]> {
	const file = path.join(imageDir, 'filelocks.img');
	if (!fs.existsSync(file)) return [];
	return (await readImage(file, 'filelocks', fileLock)).map(({value}) => value);
}
