import {readFileSync} from 'node:fs';
import {Fault} from '../common/fault.js';
import type {ProcessSnapshot} from '../context/model.js';
import {isSameProcess, type ProcStat} from '../kernel/proc-stat.js';
import {CodePlaces} from './code-places.js';
import {readCredentials} from './credentials.js';
import {readFds} from './fds.js';
import {readNamespaces} from './namespaces.js';
import {ifReadable, readLink} from './read.js';
import {SocketTable} from './sockets.js';
import {readThreads} from './threads.js';
import {processTree} from './tree.js';

export interface SnapshotOptions {
	/** One for all snapshots of the same moment; by default a new one. */
	socketTable?: SocketTable;
	/** By default one for all snapshots of this program, so that each file's symbols are read once. */
	codePlaces?: CodePlaces;
	/** False: leave out what is behind each socket, which takes a search through all processes. */
	sockets?: boolean;
	/** The start time that the root must have, if it is known already. */
	startTime?: string;
}

const sharedPlaces = new CodePlaces();

/**
 * What process `root` and its descendants look like now, parents before children, without stopping them: for
 * a process that runs, it is no single moment. Synchronous, for the last instant before a freeze.
 * @throws Fault dead-pid: there is no such process; pid-reused: another one has its pid.
 */
export function snapshotProcesses(root: number, options: SnapshotOptions = {}): ProcessSnapshot[] {
	const {codePlaces = sharedPlaces} = options;
	const tree = processTree(root);
	const first = tree[0];
	if (!first) throw new Fault('dead-pid', {pid: root});
	if (options.startTime !== undefined && first.startTime !== options.startTime) {
		throw new Fault('pid-reused', {pid: root});
	}
	const processes = tree.map((stat) => snapshotProcess(stat, codePlaces));
	if (options.sockets !== false) addSockets(processes, options.socketTable ?? new SocketTable());
	// A pid that changed hands while we read has mixed two processes.
	if (!isSameProcess(root, first.startTime)) throw new Fault('dead-pid', {pid: root});
	return processes.filter(({pid, startTime}) => startTime !== undefined && isSameProcess(pid, startTime));
}

function snapshotProcess(stat: ProcStat, places: CodePlaces): ProcessSnapshot {
	const {pid, ppid, comm, startTime} = stat;
	const credentials = readCredentials(pid);
	const namespaces = readNamespaces(pid);
	return {
		pid,
		ppid,
		comm,
		exe: readLink(`/proc/${pid}/exe`) ?? '',
		cmdline: readCommandLine(pid),
		cwd: readLink(`/proc/${pid}/cwd`) ?? '',
		startTime,
		...(credentials === undefined ? {} : {credentials}),
		...(namespaces === undefined ? {} : {namespaces}),
		threads: readThreads(pid, places.of(pid)),
		fds: readFds(pid),
	};
}

/** The arguments, each ended by NUL; empty for a zombie. */
export function readCommandLine(pid: number): string[] {
	const text = ifReadable(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
	return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

/** After all descriptors are known: a peer inside the tree then needs no search. */
function addSockets(processes: ProcessSnapshot[], table: SocketTable): void {
	for (const {pid, fds} of processes) {
		for (const {kind, inode} of fds)
			if (kind === 'socket' && inode !== undefined) table.addHolder(inode, pid);
	}
	for (const {pid, fds} of processes) {
		for (const fd of fds) {
			if (fd.kind === 'socket' && fd.inode !== undefined) {
				fd.socket = table.describe(pid, fd.fd, fd.inode);
			}
		}
	}
}
