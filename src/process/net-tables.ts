import {readText} from './read.js';

/** What /proc/PID/net tells of a socket whose family no other list has. */
export interface ListedSocket {
	/** Of netlink: the multicast groups that it listens to, hex mask of the first 32; `00000000`: none. */
	groups?: string;
}

/**
 * The netlink and packet sockets of the network namespace that process `pid` lives in, by inode; see proc_pid_net(5).
 * Undefined when we may not look.
 */
export function listedSockets(pid: number): Map<number, ListedSocket> | undefined {
	const netlink = readText(`/proc/${pid}/net/netlink`);
	if (netlink === undefined) return undefined;
	const found = new Map<number, ListedSocket>();
	// sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
	for (const columns of rows(netlink)) found.set(Number(columns[9]), {groups: columns[3] ?? ''});
	// sk RefCnt Type Proto Iface R Rmem User Inode
	for (const columns of rows(readText(`/proc/${pid}/net/packet`) ?? '')) found.set(Number(columns[8]), {});
	return found;
}

function rows(text: string): string[][] {
	return text
		.split('\n')
		.slice(1)
		.map((line) => line.trim().split(/\s+/));
}
