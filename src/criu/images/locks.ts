import type {ProcessSnapshot} from '../../context/model.js';
import type {Decoded} from './protobuf.js';
import type {fileLock} from './schema.js';

/** FL_… of criu/include/file-lock.h, in the words of /proc. */
const kinds: Record<number, string> = {1: 'POSIX', 2: 'FLOCK', 4: 'OFDLCK', 8: 'LEASE'};
const modes: Record<number, string> = {0: 'READ', 1: 'WRITE', 2: 'UNLCK'};

/** The locks that a process holds on its files, in the words of /proc, sorted: `FLOCK WRITE 0-EOF /path`. */
export function lockTexts(
	{pid, fds}: Pick<ProcessSnapshot, 'pid' | 'fds'>,
	entries: ReadonlyArray<Decoded<typeof fileLock>>,
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
