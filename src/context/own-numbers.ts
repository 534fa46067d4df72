import type {ConnectionSnapshot, ProcessSnapshot, Snapshot} from './model.js';

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
		connections: snapshot.connections.map((connection) => withOwnNumbers(connection, own)),
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

/** The daemon may know it by its number here, or by that which it had when it connected. */
export function withOwnNumbers(
	connection: ConnectionSnapshot,
	own: (pid: number) => number,
): ConnectionSnapshot {
	const {credentials} = connection;
	return {
		...connection,
		pid: own(connection.pid),
		...(credentials?.pid === undefined ? {} : {credentials: {...credentials, pid: own(credentials.pid)}}),
	};
}
