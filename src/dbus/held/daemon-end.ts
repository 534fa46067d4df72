import {fstatSync} from 'node:fs';
import {Fault} from '../../common/fault.js';
import {closeFd} from '../../kernel/descriptor.js';
import {inNetworkNamespaceOfSocket} from '../../kernel/network-namespace.js';
import {duplicateFd, openPidfd} from '../../kernel/pidfd.js';
import {listUnixSockets} from '../../kernel/sock-diag.js';
import {fdNumbers, inodeIn} from '../../process/fds.js';
import {readLink} from '../../process/read.js';
import {SocketTable} from '../../process/sockets.js';

/**
 * A duplicate of the daemon's end of a held connection. Keep it open only as long as needed: while we have it,
 * a daemon that closes the connection ends it for nobody.
 */
export interface DaemonEnd {
	/** Our duplicate, close-on-exec. */
	fd: number;
	/** The daemon. */
	pid: number;
	/** Its number in the daemon. */
	number: number;
	/** Inode of this end. */
	inode: number;
}

/**
 * Finds the other end of the held socket `heldFd` by the kernel's list of peers, and duplicates it.
 * @param expected where to look first: to search all processes takes some milliseconds.
 * @returns undefined when nobody has it: the daemon has closed the connection, or ended.
 * @throws SystemCallError EPERM: we may not look into the daemon.
 */
export function openDaemonEnd(heldFd: number, expected?: number): DaemonEnd | undefined {
	const ours = fstatSync(heldFd).ino;
	const find = () => listUnixSockets().find(({peerInode}) => peerInode === ours);
	// The kernel makes the daemon's end in the network namespace of whoever connects.
	const end = find() ?? inNetworkNamespaceOfSocket(heldFd, find);
	if (!end) return undefined;
	const found = locate(end.inode, expected);
	if (!found) return undefined;
	const {pid, number} = found;
	const pidfd = openPidfd(pid);
	try {
		const fd = duplicateFd(pidfd, number);
		if (fstatSync(fd).ino === end.inode) return {fd, pid, number, inode: end.inode};
		closeFd(fd);
		return undefined;
	} finally {
		closeFd(pidfd);
	}
}

function locate(inode: number, expected: number | undefined): {pid: number; number: number} | undefined {
	for (const pid of [expected, () => new SocketTable().holderOf(inode)?.pid]) {
		const candidate = typeof pid === 'function' ? pid() : pid;
		const number = candidate === undefined ? undefined : descriptorOf(candidate, inode);
		if (candidate !== undefined && number !== undefined) return {pid: candidate, number};
	}
	return undefined;
}

/**
 * That process `pid` still has the connection; to be asked while it stands, since pids are reused and a daemon
 * closes connections. @throws Fault `daemon-unstoppable`.
 */
export function requireDaemonEnd({pid, number, inode}: DaemonEnd): void {
	if (isSocket(pid, number, inode)) return;
	throw new Fault('daemon-unstoppable', {pid, reason: 'changed'}, {processState: 'frozen'});
}

function descriptorOf(pid: number, inode: number): number | undefined {
	return fdNumbers(pid).find((fd) => isSocket(pid, fd, inode));
}

function isSocket(pid: number, fd: number, inode: number): boolean {
	const target = readLink(`/proc/${pid}/fd/${fd}`);
	return target?.startsWith('socket:[') === true && inodeIn(target) === inode;
}
