import {access, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {Fault} from '../../common/fault.js';
import type {FdSnapshot, ProcessSnapshot, Snapshot, ThreadSnapshot} from '../../context/model.js';
import {digestReach, stackDigest} from '../../process/stacks.js';
import {syscallName} from '../../process/syscalls.js';
import {vectorDigests} from '../../process/vectors.js';
import {readImage, readSingle} from './container.js';
import {describeFd, type FileTables} from './descriptors.js';
import {imageLocks, lockTexts} from './locks.js';
import {mapsOf} from './maps.js';
import {ImageMemory} from './memory.js';
import {type Decoded, text} from './protobuf.js';
import {registersOf, vectorsOf} from './registers.js';
import {core, fdinfo, file, fs, ids, inventory, memfdInode, mm, pstree} from './schema.js';
import {attributesOf, credentialsOf, stateOf} from './task.js';

/** CRTOOLS_IMAGES_V1 and V1_1 in criu/include/magic.h; nothing newer exists in CRIU 4.2. */
const knownVersions = [1, 2];

/**
 * What the images in a folder say of the frozen tree: processes, threads with all registers, maps, descriptors.
 * Reads the metadata (some hundred kB), and of the memory pages a few: arguments, environment, tops of stacks.
 * @param options.digests also digests of all dumped memory, which takes a second for a gigabyte.
 * @throws Fault `bad-image` naming the file and the offset.
 */
export async function imageSnapshot(
	imageDir: string,
	{digests = false}: {digests?: boolean} = {},
): Promise<Snapshot> {
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
	for (const one of processes) {
		const children = processes.filter(({ppid}) => ppid === one.pid).map(({pid}) => pid);
		one.children = children.sort((a, b) => a - b);
	}
	await addLocks(imageDir, processes);
	if (digests) await addDigests(imageDir, processes);
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

export async function readTables(imageDir: string): Promise<FileTables> {
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
	// A zombie has no thread list; its core file still names it.
	const cores = new Map<number, Core>();
	for (const tid of entry.threads.length === 0 ? [pid] : entry.threads) {
		cores.set(tid, await readCore(imageDir, tid));
	}
	const threads = [...cores].map(([tid, core]) => threadOf(imageDir, tid, core));
	const main = cores.get(pid);
	const credentials = main && credentialsOf(main);
	const place = await readPlace(imageDir, pid, tables);
	const memory = await readMemory(imageDir, pid, threads);
	return {
		pid,
		ppid,
		comm: threads.find((thread) => thread.tid === pid)?.comm ?? '',
		exe: place.exe,
		cmdline: memory.cmdline,
		cwd: place.cwd,
		...place.more,
		pgid: entry.pgid ?? 0,
		sid: entry.sid ?? 0,
		...(credentials === undefined ? {} : {credentials}),
		...(memory.environment === undefined ? {} : {environment: memory.environment}),
		...(main ? stateOf(main) : {}),
		threads,
		fds: place.fds ?? (await readFds(imageDir, pid, tables)),
	};
}

type Core = Decoded<typeof core>;

export async function readCore(imageDir: string, tid: number): Promise<Core> {
	return readSingle(join(imageDir, `core-${tid}.img`), 'core', core);
}

function threadOf(imageDir: string, tid: number, entry: Core): ThreadSnapshot {
	const set = registersOf(entry);
	if (set === 'unknown-machine') {
		const path = join(imageDir, `core-${tid}.img`);
		throw new Fault('bad-image', {path, offset: 8, reason: 'unknown-machine'});
	}
	const vectors = vectorsOf(entry);
	const snapshot: ThreadSnapshot = {
		tid,
		comm: text(entry.task?.comm ?? entry.thread?.comm),
		...attributesOf(entry),
		...(vectors === undefined ? {} : {vectors: vectorDigests(vectors)}),
	};
	if (set !== undefined) {
		snapshot.registers = set.registers;
		snapshot.sp = set.sp;
		snapshot.pc = set.pc;
		if (set.syscallNr >= 0) {
			snapshot.syscall = {nr: set.syscallNr, name: syscallName(set.syscallNr, 'x64'), args: set.syscallArgs};
		}
	}
	return snapshot;
}

/**
 * Executable, working directory, root (all ids of regular files) and mappings. A zombie has none of them, nor
 * descriptors.
 */
async function readPlace(
	imageDir: string,
	pid: number,
	tables: FileTables,
): Promise<{
	exe: string;
	cwd: string;
	more?: Pick<ProcessSnapshot, 'root' | 'umask' | 'maps'>;
	fds?: FdSnapshot[];
}> {
	const mmPath = join(imageDir, `mm-${pid}.img`);
	const fsPath = join(imageDir, `fs-${pid}.img`);
	if (!(await exists(mmPath))) {
		return {exe: '', cwd: '', fds: []};
	}
	const pathOf = (id: number | undefined) => text(tables.files.get(id ?? -1)?.regular?.name);
	const memory = await readSingle(mmPath, 'mm', mm);
	const place = (await exists(fsPath)) ? await readSingle(fsPath, 'fs', fs) : undefined;
	return {
		exe: pathOf(memory.exeFileId),
		cwd: pathOf(place?.cwdId),
		more: {
			...(place?.rootId === undefined ? {} : {root: pathOf(place.rootId)}),
			...(place?.umask === undefined ? {} : {umask: place.umask.toString(8).padStart(4, '0')}),
			maps: mapsOf(memory, tables),
		},
	};
}

/** What lies in the pages; fills in the digests of the threads' stacks. */
async function readMemory(
	imageDir: string,
	pid: number,
	threads: ThreadSnapshot[],
): Promise<{cmdline: string[]; environment?: string[]}> {
	const mmPath = join(imageDir, `mm-${pid}.img`);
	if (!(await exists(mmPath))) return {cmdline: []};
	const layout = await readSingle(mmPath, 'mm', mm);
	const memory = await ImageMemory.open(imageDir, pid);
	if (memory === undefined) return {cmdline: []};
	try {
		for (const thread of threads) addStackDigest(thread, layout, memory);
		return {
			cmdline: commandLine(memory, layout),
			environment: strings(memory, layout.environmentStart, layout.environmentEnd),
		};
	} finally {
		memory.close();
	}
}

function addStackDigest(thread: ThreadSnapshot, {maps}: Decoded<typeof mm>, memory: ImageMemory): void {
	if (thread.sp === undefined) return;
	const sp = BigInt(thread.sp);
	const map = maps.find(({start = 0n, end = 0n}) => start <= sp && sp < end);
	if (map === undefined) return;
	const from = Math.max(Number(map.start), Number(sp) - digestReach);
	const to = Math.min(Number(map.end), Number(sp) + digestReach);
	thread.stackDigest = stackDigest(memory.read(from, to - from), from, Number(sp));
}

/** More than any kernel allows a program to be started with. */
const mostStrings = 8 * 1024 * 1024;

function strings(memory: ImageMemory, start: bigint | undefined, end: bigint | undefined): string[] {
	const [from, length] = [Number(start ?? 0n), Number((end ?? 0n) - (start ?? 0n))];
	if (length <= 0 || length > mostStrings) return [];
	const all = memory.read(from, length).toString('utf8');
	return all.replace(/\0$/, '').split('\0');
}

/** The kernel looks for a title within one page (get_mm_cmdline in fs/proc/base.c). */
const titleBytes = 4096;

/** As /proc shows it. A program that has written over the end of its arguments has given itself a title. */
function commandLine(memory: ImageMemory, layout: Decoded<typeof mm>): string[] {
	const {argumentsStart: start = 0n, argumentsEnd: end = 0n, environmentEnd = 0n} = layout;
	const isTitle = end > start && memory.read(Number(end) - 1, 1)[0] !== 0;
	if (!isTitle) return strings(memory, start, end);
	const last = Math.min(Math.max(Number(environmentEnd), Number(end)), Number(start) + titleBytes);
	const text = memory.read(Number(start), last - Number(start)).toString('utf8');
	return [text.split('\0', 1)[0] ?? ''];
}

async function addDigests(imageDir: string, processes: ProcessSnapshot[]): Promise<void> {
	for (const process of processes) {
		const memory = await ImageMemory.open(imageDir, process.pid);
		if (memory === undefined) continue;
		try {
			process.memoryDigests = await memory.digests();
		} finally {
			memory.close();
		}
	}
}

async function addLocks(imageDir: string, processes: ProcessSnapshot[]): Promise<void> {
	const entries = await imageLocks(imageDir);
	for (const process of processes) process.locks = lockTexts(process, entries);
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
