import {closeSync, openSync, readSync, writeSync} from 'node:fs';

/**
 * Reads another process's memory through /proc/PID/mem: no system call beside read, no stop of the process.
 * @param address of the first byte.
 * @param length in bytes.
 * @returns fewer bytes when the mapping ends earlier.
 * @throws EIO: nothing is mapped there; ESRCH or ENOENT: no such process; EACCES: we may not trace it.
 */
export function readMemory(pid: number, address: bigint, length: number): Buffer {
	const fd = openSync(`/proc/${pid}/mem`, 'r');
	try {
		const buffer = Buffer.alloc(length);
		let done = 0;
		while (done < length) {
			const read = readAt(fd, buffer.subarray(done), address + BigInt(done), done > 0);
			if (read === 0) break;
			done += read;
		}
		return buffer.subarray(0, done);
	} finally {
		closeSync(fd);
	}
}

/** Writes into another process's memory, also where that itself may only read. Throws as `readMemory` does. */
export function writeMemory(pid: number, address: bigint, bytes: Buffer): void {
	const fd = openSync(`/proc/${pid}/mem`, 'r+');
	try {
		const done = writeSync(fd, bytes, 0, bytes.length, Number(address));
		if (done !== bytes.length) throw new Error(`wrote ${done} of ${bytes.length} bytes`);
	} finally {
		closeSync(fd);
	}
}

/** One read; the end of the mapping (EIO) counts as the end of the file once something was read. */
function readAt(fd: number, into: Buffer, position: bigint, mayEnd: boolean): number {
	try {
		return readSync(fd, into, 0, into.length, position);
	} catch (error) {
		if (mayEnd && (error as NodeJS.ErrnoException).code === 'EIO') return 0;
		throw error;
	}
}
