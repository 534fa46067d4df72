import type {ProcessSnapshot, Snapshot} from './model.js';

/**
 * The same snapshot in the numbers that the tree's processes and threads have for themselves, which are those of its
 * images: so it can be compared with any other of the tree, wherever each was taken. A tree that is called here what
 * it calls itself is returned as it is.
 */
export function inOwnNumbers(snapshot: Snapshot): Snapshot {
	if (!snapshot.processes.some(({own}) => own)) return snapshot;
	const ownOf = new Map(snapshot.processes.flatMap(({pid, own}) => (own ? [[pid, own.pid] as const] : [])));
	const own = (pid: number) => ownOf.get(pid) ?? pid;
	return {
		...snapshot,
		pid: own(snapshot.pid),
		processes: snapshot.processes.map((process) => renumbered(process, own)),
		// A daemon knows processes by their numbers here, and that stays so.
		connections: snapshot.connections.map((connection) => ({...connection, pid: own(connection.pid)})),
	};
}

function renumbered(process: ProcessSnapshot, own: (pid: number) => number): ProcessSnapshot {
	const {own: numbers, ...rest} = process;
	if (!numbers) return process;
	return {
		...rest,
		...numbers,
		pidHere: process.pid,
		...(process.children ? {children: process.children.map(own).sort((a, b) => a - b)} : {}),
		threads: process.threads.map(({ownTid, ...thread}) => ({...thread, tid: ownTid ?? thread.tid})),
		fds: process.fds.map((fd) => (fd.ofPid === undefined ? fd : {...fd, ofPid: own(fd.ofPid)})),
	};
}
