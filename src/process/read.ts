import {readFileSync, readlinkSync} from 'node:fs';
import {isGone} from '../kernel/errors.js';

/**
 * /proc files that we may not read count as unreadable, like those of a process that ends while we look.
 * EINVAL and EIO come from files of a process that is half gone.
 */
export function isUnreadable(error: unknown): boolean {
	return (
		isGone(error) ||
		['EACCES', 'EPERM', 'EINVAL', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '')
	);
}

/** `work()`, or undefined if the process vanished meanwhile or does not let us look. */
export function ifReadable<Result>(work: () => Result): Result | undefined {
	try {
		return work();
	} catch (error) {
		if (isUnreadable(error)) return undefined;
		throw error;
	}
}

/** The text of a file of /proc. */
export function readText(path: string): string | undefined {
	return ifReadable(() => readFileSync(path, 'utf8'));
}

/** The target of a link of /proc. */
export function readLink(path: string): string | undefined {
	return ifReadable(() => readlinkSync(path));
}
