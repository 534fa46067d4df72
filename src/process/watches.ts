import {closeSync, constants, openSync} from 'node:fs';
import {isFoundByHandle} from '../kernel/file-handle.js';
import {readText} from './read.js';

/** What an inotify descriptor watches, as its fdinfo tells it: the file system's number and the file's handle there. */
interface Watch {
	device: number;
	type: number;
	handle: Buffer;
}

/**
 * CRIU sets watches anew on the files that it finds by their handles. Whether there is one that it cannot find: the file
 * system has no handles, or cannot find a file by one, or is not mounted where the process lives.
 * @param info text of the descriptor's fdinfo.
 */
export function watchesAreLost(pid: number, info: string): boolean {
	const lines = info.split('\n').filter((line) => line.startsWith('inotify '));
	const watches = lines.map(parseWatch);
	const mounts = new Map<number, number | undefined>();
	try {
		return watches.some((watch) => {
			if (!watch) return true;
			if (!mounts.has(watch.device)) mounts.set(watch.device, openMountOf(pid, watch.device));
			const mount = mounts.get(watch.device);
			return mount === undefined || !isFoundByHandle(mount, watch.type, watch.handle);
		});
	} finally {
		for (const fd of mounts.values()) if (fd !== undefined) closeSync(fd);
	}
}

/** `inotify wd:1 ino:2b sdev:5a mask:fce ignored_mask:0 fhandle-bytes:c fhandle-type:81 f_handle:b7eb2e…`, all in hex. */
function parseWatch(line: string): Watch | undefined {
	const [, device, bytes, type, digits] =
		/ sdev:([0-9a-f]+) .*fhandle-bytes:([0-9a-f]+) fhandle-type:([0-9a-f]+) f_handle:([0-9a-f]*)/.exec(
			line,
		) ?? [];
	if (device === undefined || bytes === undefined || type === undefined || digits === undefined)
		return undefined;
	const handle = Buffer.from(digits, 'hex').subarray(0, Number.parseInt(bytes, 16));
	return {device: Number.parseInt(device, 16), type: Number.parseInt(type, 16), handle};
}

/** A folder of the file system with this number (the kernel's own: 20 bits of minor), where the process sees it. */
function openMountOf(pid: number, device: number): number | undefined {
	const number = `${device >>> 20}:${device & 0xfffff}`;
	for (const line of (readText(`/proc/${pid}/mountinfo`) ?? '').split('\n')) {
		const [, , of, , place] = line.split(' ');
		if (of !== number || place === undefined) continue;
		// Blanks and the like are written as octal numbers.
		const path = place.replaceAll(/\\([0-7]{3})/g, (_, digits) =>
			String.fromCharCode(Number.parseInt(digits, 8)),
		);
		try {
			return openSync(`/proc/${pid}/root${path}`, constants.O_RDONLY | constants.O_DIRECTORY);
		} catch {
			// A mount of a single file, or one below another.
		}
	}
	return undefined;
}
