import {access, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {readImage, readSingle} from '../images/container.js';
import {fdinfo, file, ids} from '../images/schema.js';
import type {DumpedRange} from './dumped.js';
import {mappings, memfdMemory, vmaStatus} from './schema.js';

type Place = Pick<DumpedRange, 'pid' | 'place' | 'addressOffset'>;

/**
 * Where the shared memory of the tree can be read whole, by the number of its pagemap-shmem-ID.img: through a
 * process that has mapped it, else through one that has it open. The memory of all of them is the same.
 */
export async function sharedObjects(imageDir: string): Promise<Map<number, Place>> {
	const idOfFile = await sharedFiles(imageDir);
	const places = new Map<number, Place>();
	const add = (id: number | undefined, place: Place) => {
		if (id !== undefined && !places.has(id)) places.set(id, place);
	};
	const pids = (await readdir(imageDir)).flatMap((name) => /^mm-(\d+)\.img$/.exec(name)?.[1] ?? []);
	for (const pid of pids.map(Number)) {
		const {vmas} = await readSingle(join(imageDir, `mm-${pid}.img`), 'mm', mappings);
		for (const {start = 0n, end = 0n, offset = 0n, sharedId = 0n, status = 0} of vmas) {
			if ((status & (vmaStatus.sharedAnonymous | vmaStatus.memfd)) === 0) continue;
			// The number is that of an open file where the kernel shows the memory as a file.
			const id = status & vmaStatus.memfd ? idOfFile.get(Number(sharedId)) : Number(sharedId);
			const range = `${start.toString(16)}-${end.toString(16)}`;
			add(id, {pid, place: `map_files/${range}`, addressOffset: Number(start - offset)});
		}
	}
	for (const pid of pids.map(Number))
		for (const {fd, fileId} of await openFiles(imageDir, pid))
			add(idOfFile.get(fileId), {pid, place: `fd/${fd}`, addressOffset: 0});
	return places;
}

/** Id in files.img → id of the shared memory behind it. */
async function sharedFiles(imageDir: string): Promise<Map<number, number>> {
	const path = join(imageDir, 'memfd.img');
	if (!(await exists(path))) return new Map();
	const idOfInode = new Map<number, number>();
	for (const {value} of await readImage(path, 'memfd', memfdMemory))
		idOfInode.set(Number(value.inodeId ?? 0n), value.sharedId ?? 0);
	const found = new Map<number, number>();
	for (const {value} of await readImage(join(imageDir, 'files.img'), 'files', file)) {
		const id = idOfInode.get(value.memfd?.inodeId ?? -1);
		if (id !== undefined) found.set(value.id ?? -1, id);
	}
	return found;
}

async function openFiles(imageDir: string, pid: number): Promise<Array<{fd: number; fileId: number}>> {
	const {filesId} = await readSingle(join(imageDir, `ids-${pid}.img`), 'ids', ids);
	const rows = await readImage(join(imageDir, `fdinfo-${filesId}.img`), 'fdinfo', fdinfo);
	return rows.map(({value}) => ({fd: value.fd ?? -1, fileId: value.id ?? -1}));
}

async function exists(path: string): Promise<boolean> {
	try {
		await access(path);
		return true;
	} catch {
		return false;
	}
}
