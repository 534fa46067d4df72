import {readFileSync} from 'node:fs';
import {Fault} from '../common/fault.js';
import type {OwnNumbers, ProcessSnapshot, ThreadSnapshot} from '../context/model.js';
import {isSameProcess, type ProcStat} from '../kernel/proc-stat.js';
import {CodePlaces} from './code-places.js';
import {credentialsOf} from './credentials.js';
import {readFds} from './fds.js';
import {readLimits} from './limits.js';
import {mapSnapshots} from './map-snapshot.js';
import {type Mapping, readMappings} from './maps.js';
import {readNamespaces} from './namespaces.js';
import {nestOf, ownNumber} from './pid-namespace.js';
import {ifReadable, readLink, readText} from './read.js';
import {readSocketOptions} from './socket-options.js';
import {SocketTable} from './sockets.js';
import {stoppedStates, type ThreadState} from './stacks.js';
import {maskField, readStatus, type Status} from './status.js';
import {lackingInside, neighboursOf} from './surroundings.js';
import {readThreads} from './threads.js';
import {readPosixTimers} from './timers.js';
import {processTree} from './tree.js';

export interface SnapshotOptions {
	/** One for all snapshots of the same moment; by default a new one. */
	socketTable?: SocketTable;
	/** By default one for all snapshots of this program, so that each file's symbols are read once. */
	codePlaces?: CodePlaces;
	/**
	 * True: only what can be seen of the processes themselves, quickly, because they stand still meanwhile: nothing
	 * behind their sockets, nothing that lasts as long as the process.
	 */
	quick?: boolean;
	/**
	 * Stop each thread for some 50 µs to read its registers and to copy its stack, which is put in here by pid and
	 * thread id. Without it no thread is stopped, and the registers are not known.
	 */
	stacks?: StackCopies;
	/** The start time that the root must have, if it is known already. */
	startTime?: string;
}

/** What was copied of each thread while it stood, by thread id. */
export type StackCopies = Map<number, ThreadState>;

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
	const processes = tree.map((stat) => snapshotProcess(stat, codePlaces, options));
	for (const one of processes) {
		const children = processes.filter(({ppid}) => ppid === one.pid).map(({pid}) => pid);
		one.children = children.sort((a, b) => a - b);
	}
	if (!options.quick) {
		addSockets(processes, options.socketTable ?? new SocketTable());
		addSurroundings(processes);
	}
	// A pid that changed hands while we read has mixed two processes.
	if (!isSameProcess(root, first.startTime)) throw new Fault('dead-pid', {pid: root});
	return processes.filter(({pid, startTime}) => startTime !== undefined && isSameProcess(pid, startTime));
}

function snapshotProcess(stat: ProcStat, places: CodePlaces, options: SnapshotOptions): ProcessSnapshot {
	const {pid, ppid, comm, startTime} = stat;
	const status = readStatus(`/proc/${pid}`);
	const credentials = status && credentialsOf(status);
	const namespaces = readNamespaces(pid);
	const umask = status?.get('Umask');
	const own = ownNumbers(ppid, status);
	const tracer = Number(status?.get('TracerPid') ?? 0);
	const {fds, locks} = readFds(pid, options.quick);
	const snapshot: ProcessSnapshot = {
		pid,
		ppid,
		comm,
		exe: readLink(`/proc/${pid}/exe`) ?? '',
		cmdline: readCommandLine(pid),
		cwd: readLink(`/proc/${pid}/cwd`) ?? '',
		...(umask === undefined ? {} : {umask}),
		pgid: stat.pgid,
		sid: stat.sid,
		...(own === undefined ? {} : {own}),
		startTime,
		...(credentials === undefined ? {} : {credentials}),
		...(namespaces === undefined ? {} : {namespaces}),
		...(status ? signalsOf(status) : {}),
		...(tracer === 0 ? {} : {tracer}),
		locks,
		threads: readThreads(pid, places.of(pid)),
		fds,
	};
	const mappings = readMappings(pid);
	// A zombie has no memory, and of a process that we may not trace we see none.
	if (mappings.length > 0) snapshot.maps = mapSnapshots(mappings);
	return options.quick ? snapshot : {...snapshot, ...lasting(pid, snapshot, mappings, options.stacks)};
}

function ownNumbers(ppid: number, status: Status | undefined): OwnNumbers | undefined {
	const pid = ownNumber(status);
	if (pid === undefined) return undefined;
	return {
		pid,
		// 0: its parent lives in another namespace.
		ppid: ownNumber(readStatus(`/proc/${ppid}`)) ?? 0,
		pgid: ownNumber(status, 'NSpgid') ?? 0,
		sid: ownNumber(status, 'NSsid') ?? 0,
	};
}

function signalsOf(status: Status): Pick<ProcessSnapshot, 'signals'> {
	const [ignored, caught, pending] = ['SigIgn', 'SigCgt', 'ShdPnd'].map((name) => maskField(status, name));
	if (ignored === undefined || caught === undefined || pending === undefined) return {};
	return {signals: {ignored, caught, pending}};
}

/** What takes longer to read; and the registers, for which the threads must stand. */
function lasting(
	pid: number,
	{threads}: ProcessSnapshot,
	mappings: readonly Mapping[],
	stacks: StackCopies | undefined,
): Partial<ProcessSnapshot> {
	if (stacks) addRegisters(pid, threads, mappings, stacks);
	const root = readLink(`/proc/${pid}/root`);
	const limits = readLimits(pid);
	const cgroup = readText(`/proc/${pid}/cgroup`)?.trim();
	return {
		...(root === undefined ? {} : {root}),
		...(limits === undefined ? {} : {limits}),
		...(cgroup ? {cgroup: cgroup.split('\n')} : {}),
		environment: readStrings(`/proc/${pid}/environ`),
		timers: {posix: readPosixTimers(pid)},
	};
}

function addRegisters(
	pid: number,
	threads: readonly ThreadSnapshot[],
	mappings: readonly Mapping[],
	stacks: StackCopies,
): void {
	// Z has no registers; D stands only when its wait ends; t stands for another tracer.
	const willing = threads.filter(({state}) => !['Z', 'X', 'D', 't'].includes(state ?? ''));
	const states = stoppedStates(
		pid,
		willing.map(({tid}) => tid),
		mappings,
	);
	for (const thread of threads) {
		const state = states.get(thread.tid);
		if (!state) continue;
		stacks.set(thread.tid, state);
		thread.registers = state.registers;
		if (state.vectors) thread.vectors = state.vectors;
		if (state.stackDigest !== undefined) thread.stackDigest = state.stackDigest;
	}
}

/** The arguments, each ended by NUL; empty for a zombie. */
export function readCommandLine(pid: number): string[] {
	return readStrings(`/proc/${pid}/cmdline`);
}

function readStrings(path: string): string[] {
	const text = ifReadable(() => readFileSync(path, 'utf8')) ?? '';
	return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

/** What is around the tree and bears on whether it can be taken out of there. */
function addSurroundings(processes: ProcessSnapshot[]): void {
	const [root] = processes;
	if (!root) return;
	const nest = root.own && nestOf(root.ppid);
	if (nest) root.nest = nest.kind;
	const neighbours = neighboursOf(root.pid, new Set(processes.map(({pid}) => pid)));
	if (neighbours.length > 0) root.neighbours = neighbours;
	const isElsewhere = root.namespaces?.mnt !== readNamespaces(process.pid)?.mnt;
	const lacking = isElsewhere && root.root === '/' ? lackingInside(root.pid) : [];
	if (lacking.length > 0) root.lacking = lacking;
}

/** After all descriptors are known: a peer inside the tree then needs no search. */
function addSockets(processes: ProcessSnapshot[], table: SocketTable): void {
	for (const {pid, fds} of processes) {
		for (const {kind, inode} of fds)
			if (kind === 'socket' && inode !== undefined) table.addHolder(inode, pid);
	}
	for (const {pid, fds} of processes) {
		const sockets = fds.filter(({kind}) => kind === 'socket');
		const options = readSocketOptions(
			pid,
			sockets.map(({fd}) => fd),
		);
		for (const fd of sockets) {
			if (fd.inode === undefined) continue;
			fd.socket = table.describe(pid, fd.fd, fd.inode);
			const known = options.get(fd.fd);
			if (known) fd.socket.options = known;
		}
	}
}
