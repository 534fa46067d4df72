import {access, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {Fault} from '../../common/fault.js';
import type {
	Credentials,
	FdSnapshot,
	ProcessSnapshot,
	Snapshot,
	ThreadSnapshot,
} from '../../context/model.js';
import {syscallName} from '../../process/syscalls.js';
import {readImage, readSingle} from './container.js';
import {describeFd, type FileTables} from './descriptors.js';
import {type Decoded, text} from './protobuf.js';
import {registersOf} from './registers.js';
import {core, fdinfo, file, fs, ids, inventory, memfdInode, mm, pstree} from './schema.js';

/** CRTOOLS_IMAGES_V1 and V1_1 in criu/include/magic.h; nothing newer exists in CRIU 4.2. */
const knownVersions = [1, 2];

/**
 * What the images in a folder say of the frozen tree: processes, threads with all general registers, descriptors.
 * Reads the metadata only (some hundred kB), not the memory pages.
 * @throws Fault `bad-image` naming the file and the offset.
 */
export async function imageSnapshot(imageDir: string): Promise<Snapshot> {
	const inventoryPath = join(imageDir, 'inventory.img');
	const {imageVersion} = await readSingle(inventoryPath, 'inventory', inventory);
	if (imageVersion === undefined || !knownVersions.includes(imageVersion)) {
		throw new Fault('bad-image', {path: inventoryPath, offset: 4, reason: 'bad-message'});
	}
	const tree = await readImage(join(imageDir, 'pstree.img'), 'pstree', pstree);
	const root = tree[0];
	if (root?.value.pid === undefined) {
		throw new Fault('bad-image', {
			path: join(imageDir, 'pstree.img'),
			offset: root?.offset ?? 0,
			reason: 'missing-field',
		});
	}
	const tables = await readTables(imageDir);
	const processes: ProcessSnapshot[] = [];
	for (const {value, offset} of tree) {
		processes.push(await readProcess(imageDir, value, offset, tables));
	}
	return {
		version: 1,
		moment: 'image',
		takenAt: (await stat(inventoryPath)).mtime.toISOString(),
		pid: root.value.pid,
		processes,
		// Images know nothing of the bus.
		connections: [],
	};
}

async function readTables(imageDir: string): Promise<FileTables> {
	const files = new Map<number, Decoded<typeof file>>();
	for (const {value} of await readImage(join(imageDir, 'files.img'), 'files', file)) {
		files.set(value.id ?? -1, value);
	}
	const memfdNames = new Map<number, string>();
	const memfdPath = join(imageDir, 'memfd.img');
	if (await exists(memfdPath)) {
		for (const {value} of await readImage(memfdPath, 'memfd', memfdInode)) {
			memfdNames.set(Number(value.inodeId ?? -1n), text(value.name));
		}
	}
	return {files, memfdNames};
}

async function readProcess(
	imageDir: string,
	entry: Decoded<typeof pstree>,
	offset: number,
	tables: FileTables,
): Promise<ProcessSnapshot> {
	const {pid, ppid} = entry;
	if (pid === undefined || ppid === undefined) {
		throw new Fault('bad-image', {path: join(imageDir, 'pstree.img'), offset, reason: 'missing-field'});
	}
	const threads: ThreadSnapshot[] = [];
	let credentials: Credentials | undefined;
	// A zombie has no thread list; its core file still names it.
	for (const tid of entry.threads.length === 0 ? [pid] : entry.threads) {
		const thread = await readThread(imageDir, tid);
		threads.push(thread.snapshot);
		if (tid === pid) {
			credentials = thread.credentials;
		}
	}
	const place = await readPlace(imageDir, pid, tables.files);
	return {
		pid,
		ppid,
		comm: threads.find((thread) => thread.tid === pid)?.comm ?? '',
		exe: place.exe,
		// The command line lies in the memory pages.
		cmdline: [],
		cwd: place.cwd,
		...(credentials === undefined ? {} : {credentials}),
		threads,
		fds: place.fds ?? (await readFds(imageDir, pid, tables)),
	};
}

async function readThread(
	imageDir: string,
	tid: number,
): Promise<{snapshot: ThreadSnapshot; credentials: Credentials | undefined}> {
	const path = join(imageDir, `core-${tid}.img`);
	const entry = await readSingle(path, 'core', core);
	const set = registersOf(entry);
	if (set === 'unknown-machine') {
		throw new Fault('bad-image', {path, offset: 8, reason: 'unknown-machine'});
	}
	const snapshot: ThreadSnapshot = {tid, comm: text(entry.task?.comm ?? entry.thread?.comm)};
	if (set !== undefined) {
		snapshot.registers = set.registers;
		snapshot.sp = set.sp;
		snapshot.pc = set.pc;
		if (set.syscallNr >= 0) {
			snapshot.syscall = {nr: set.syscallNr, name: syscallName(set.syscallNr, 'x64'), args: set.syscallArgs};
		}
	}
	return {snapshot, credentials: credentialsOf(entry)};
}

function credentialsOf(entry: Decoded<typeof core>): Credentials | undefined {
	const found = entry.thread?.credentials;
	if (found === undefined) {
		return undefined;
	}
	const {uid = 0, gid = 0, euid = 0, egid = 0, groups, capEff} = found;
	const [low = 0, high = 0] = capEff;
	return {
		uid,
		euid,
		gid,
		egid,
		groups: [...groups],
		capEff: `0x${((BigInt(high) << 32n) | BigInt(low)).toString(16)}`,
	};
}

/** Executable and working directory; both are ids of regular files. A zombie has neither, nor descriptors. */
async function readPlace(
	imageDir: string,
	pid: number,
	files: FileTables['files'],
): Promise<{exe: string; cwd: string; fds?: FdSnapshot[]}> {
	const mmPath = join(imageDir, `mm-${pid}.img`);
	const fsPath = join(imageDir, `fs-${pid}.img`);
	if (!(await exists(mmPath))) {
		return {exe: '', cwd: '', fds: []};
	}
	const pathOf = (id: number | undefined) => text(files.get(id ?? -1)?.regular?.name);
	const {exeFileId} = await readSingle(mmPath, 'mm', mm);
	const cwdId = (await exists(fsPath)) ? (await readSingle(fsPath, 'fs', fs)).cwdId : undefined;
	return {exe: pathOf(exeFileId), cwd: pathOf(cwdId)};
}

async function readFds(imageDir: string, pid: number, tables: FileTables): Promise<FdSnapshot[]> {
	const {filesId} = await readSingle(join(imageDir, `ids-${pid}.img`), 'ids', ids);
	const rows = await readImage(join(imageDir, `fdinfo-${filesId}.img`), 'fdinfo', fdinfo);
	return rows
		.map(({value}) => describeFd(value, tables.files.get(value.id ?? -1), tables))
		.sort((one, other) => one.fd - other.fd);
}

async function exists(path: string): Promise<boolean> {
	try {
		await access(path);
		return true;
	} catch {
		return false;
	}
}
