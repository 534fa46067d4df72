import {closeSync, fstatSync} from 'node:fs';
import {openMapped} from './code-places.js';
import {readElf} from './elf.js';
import {readMappings} from './maps.js';

/** A file that a process has mapped: what must be the same file where it is thawed. */
export interface MappedFile {
	path: string;
	inode: number;
	/** `major:minor` in hex. */
	device: string;
	/** Bytes. */
	size: number;
	/** Modification time, milliseconds since the epoch. */
	modified: number;
	/** It was deleted or replaced since it was mapped. */
	deleted: boolean;
	executable: boolean;
	/** Hex; absent if it is no ELF file or has none. */
	buildId?: string;
}

/** Every file that a process has mapped, once each, in the order of their addresses. */
export function mappedFiles(pid: number): MappedFile[] {
	const files = new Map<string, MappedFile>();
	for (const mapping of readMappings(pid)) {
		if (mapping.inode === 0) continue;
		const key = `${mapping.device}:${mapping.inode}`;
		const executable = mapping.permissions.includes('x');
		const known = files.get(key);
		if (known) {
			known.executable ||= executable;
			continue;
		}
		const fd = openMapped(pid, mapping);
		if (fd === undefined) continue;
		try {
			const stat = fstatSync(fd);
			const buildId = readElf(fd)?.buildId;
			files.set(key, {
				path: mapping.path,
				inode: mapping.inode,
				device: mapping.device,
				size: stat.size,
				modified: stat.mtimeMs,
				deleted: mapping.deleted,
				executable,
				...(buildId === undefined ? {} : {buildId}),
			});
		} finally {
			closeSync(fd);
		}
	}
	return [...files.values()];
}
