import type {ProcessSnapshot} from '../context/model.js';
import {closeFd} from '../kernel/descriptor.js';
import {SystemCallError} from '../kernel/errors.js';
import {duplicateFd, openPidfd, signalPidfd} from '../kernel/pidfd.js';
import {openPeerPidfd, peerCredentials} from '../kernel/socket.js';
import {fdNumbers, inodeIn} from '../process/fds.js';
import {ifReadable, readLink} from '../process/read.js';

/** Who connected, as the kernel took note of it at the daemon's end. */
export interface Connector {
	pid: number;
	uid: number;
}

/**
 * Who connected the sockets that these processes have to the daemon: inode of the daemon's end → process. The
 * kernel took note of it then, at the daemon's end. Empty where we may not look into the daemon. Each of those
 * ends is duplicated for an instant.
 */
export function connectorsOf(processes: readonly ProcessSnapshot[], daemonPid: number): Map<number, number> {
	const ends = processes.flatMap(({fds}) =>
		fds.flatMap(({socket}) => (socket?.peer?.pid === daemonPid ? (socket.peer.inode ?? []) : [])),
	);
	return ends.length === 0 ? new Map() : connectorsAt(daemonPid, new Set(ends));
}

/** The same of all sockets of the daemon, or of those `wanted`. */
export function connectorsAt(daemonPid: number, wanted?: ReadonlySet<number>): Map<number, number> {
	const connectors = new Map<number, number>();
	visitEnds(daemonPid, wanted, (_end, inode, {pid}) => connectors.set(inode, pid));
	return connectors;
}

/** Of the daemon's sockets those whose connector was reaped; its number may be another process's by now. */
export function orphansAt(daemonPid: number): Map<number, Connector> {
	const orphans = new Map<number, Connector>();
	visitEnds(daemonPid, undefined, (end, inode, connector) => {
		if (wasReaped(end)) orphans.set(inode, connector);
	});
	return orphans;
}

/** Shows a duplicate of each of the daemon's sockets that somebody connected. */
function visitEnds(
	daemonPid: number,
	wanted: ReadonlySet<number> | undefined,
	visit: (end: number, inode: number, connector: Connector) => void,
): void {
	ifReadable(() => {
		const pidfd = openPidfd(daemonPid);
		try {
			for (const fd of fdNumbers(daemonPid)) visitEnd(daemonPid, pidfd, fd, wanted, visit);
		} finally {
			closeFd(pidfd);
		}
	});
}

function visitEnd(
	daemonPid: number,
	pidfd: number,
	fd: number,
	wanted: ReadonlySet<number> | undefined,
	visit: Parameters<typeof visitEnds>[2],
): void {
	const target = readLink(`/proc/${daemonPid}/fd/${fd}`);
	const inode = target?.startsWith('socket:[') ? inodeIn(target) : undefined;
	if (inode === undefined || wanted?.has(inode) === false) return;
	const copy = duplicateFd(pidfd, fd);
	try {
		const {pid, uid} = peerCredentials(copy);
		// 0: a process of another pid namespace, or not connected.
		if (pid > 0) visit(copy, inode, {pid, uid});
	} finally {
		closeFd(copy);
	}
}

/** Kernels that cannot tell have daemons that do not ask either. */
function wasReaped(end: number): boolean {
	try {
		const pidfd = openPeerPidfd(end);
		try {
			signalPidfd(pidfd, 0);
		} finally {
			closeFd(pidfd);
		}
	} catch (error) {
		return error instanceof SystemCallError && (error.code === 'ESRCH' || error.code === 'EINVAL');
	}
	return false;
}
