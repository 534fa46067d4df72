import type {ProcessSnapshot} from '../context/model.js';
import {closeFd} from '../kernel/descriptor.js';
import {duplicateFd, openPidfd} from '../kernel/pidfd.js';
import {peerCredentials} from '../kernel/socket.js';
import {fdNumbers, inodeIn} from '../process/fds.js';
import {ifReadable, readLink} from '../process/read.js';

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
	ifReadable(() => ask(daemonPid, wanted, connectors));
	return connectors;
}

function ask(daemonPid: number, wanted: ReadonlySet<number> | undefined, into: Map<number, number>): void {
	const pidfd = openPidfd(daemonPid);
	try {
		for (const fd of fdNumbers(daemonPid)) {
			const target = readLink(`/proc/${daemonPid}/fd/${fd}`);
			const inode = target?.startsWith('socket:[') ? inodeIn(target) : undefined;
			if (inode === undefined || wanted?.has(inode) === false) continue;
			const copy = duplicateFd(pidfd, fd);
			try {
				const {pid} = peerCredentials(copy);
				// 0: a process of another pid namespace, or not connected.
				if (pid > 0) into.set(inode, pid);
			} finally {
				closeFd(copy);
			}
		}
	} finally {
		closeFd(pidfd);
	}
}
