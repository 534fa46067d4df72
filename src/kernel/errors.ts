import {getSystemErrorMap} from 'node:util';

/** A system call failed. `code` is errno's name ("ESRCH"), `errno` its positive number. */
export class SystemCallError extends Error {
	override name = 'SystemCallError';
	readonly call: string;
	readonly errno: number;
	readonly code: string;

	constructor(call: string, errno: number) {
		const [code, meaning] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
		super(`${call}: ${code}, ${meaning}`);
		this.call = call;
		this.errno = errno;
		this.code = code;
	}
}

/** Whether `error` says that what we looked at vanished meanwhile: a process, a descriptor, a file of /proc. */
export function isGone(error: unknown): boolean {
	const {code} = error as NodeJS.ErrnoException;
	return code === 'ENOENT' || code === 'ESRCH' || code === 'EBADF';
}
