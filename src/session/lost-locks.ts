import type {Snapshot} from '../context/model.js';
import {imageLocks, lockTexts} from '../criu/images/locks.js';
import {type RecordLock, setLocks} from '../process/set-lock.js';
import {type SessionParts, warn} from './parts.js';

/** By process. */
export type LostLocks = ReadonlyMap<number, readonly RecordLock[]>;

/** FL_POSIX of criu/include/file-lock.h. */
const posix = 1;

/**
 * POSIX locks that CRIU has lost. It gives a process its locks, then maps its files and closes the descriptors that it
 * used for that: with the first of them, the kernel drops all locks of the process on that file. Databases
 * that share memory through a file (SQLite's write-ahead log) are the ones that notice.
 * @param stopped the tree as it was restored, before it runs, in its own numbers.
 * @returns by process.
 */
export async function lostLocks(imageDir: string, stopped: Snapshot): Promise<LostLocks> {
	const lost = new Map<number, RecordLock[]>();
	const entries = (await imageLocks(imageDir)).filter(({kind}) => kind === posix);
	if (entries.length === 0) return lost;
	for (const {pid, fds, locks = []} of stopped.processes) {
		const missing = entries.filter((entry) => {
			const [text] = lockTexts({pid, fds}, [entry]);
			return text !== undefined && !locks.includes(text);
		});
		const records = missing.map(({fd = -1, type = 0, start = 0n, length = 0n}) => ({
			fd,
			type,
			start,
			length,
		}));
		if (records.length > 0) lost.set(pid, records);
	}
	return lost;
}

/** As soon as the tree runs. What cannot be had again is told; the verdict finds it missing, too. */
export function lockAgain(parts: SessionParts, lost: LostLocks): void {
	for (const [pid, locks] of lost) {
		const failed = (reason: string) => warn(parts, 'locks-lost', {pid, locks: locks.length, reason});
		try {
			if (!setLocks(parts.numbers.here(pid), locks)) failed('refused');
		} catch (error) {
			failed((error as Error).message);
		}
	}
}
