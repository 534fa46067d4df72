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
	const wanted = new Set(
		processes.flatMap(({fds}) =>
			fds.flatMap(({socket}) => (socket?.peer?.pid === daemonPid ? (socket.peer.inode ?? []) : [])),
		),
	);
	const connectors = new Map<number, number>();
	if (wanted.size > 0) ifReadable(() => ask(daemonPid, wanted, connectors));
	return connectors;
}

function ask(daemonPid: number, wanted: ReadonlySet<number>, into: Map<number, number>): void {
	const pidfd = openPidfd(daemonPid);
	try {
		for (const fd of fdNumbers(daemonPid)) {
			const target = readLink(`/proc/${daemonPid}/fd/${fd}`);
			const inode = target?.startsWith('socket:[') ? inodeIn(target) : undefined;
			if (inode === undefined || !wanted.has(inode)) continue;
			const copy = duplicateFd(pidfd, fd);
			try {
				const {pid} = peerCredentials(copy);
				// 0: a process of another pid namespace.
				if (pid > 0) into.set(inode, pid);
			} finally {
				closeFd(copy);
			}
		}
	} finally {
		closeFd(pidfd);
	}
}
