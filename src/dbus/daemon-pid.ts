import {listUnixSockets} from '../kernel/sock-diag.js';
import {fdNumbers, inodeIn} from '../process/fds.js';
import {ifReadable, readLink} from '../process/read.js';
import {SocketTable} from '../process/sockets.js';
import {parseAddress} from './address.js';
import {type Bus, driver} from './calls.js';
import {credentialsOf} from './census.js';

/**
 * The process that holds the daemon's end of the connections of this bus; undefined when neither daemon nor
 * kernel tell. dbus-daemon names itself; dbus-broker names its launcher, so the kernel's word comes first.
 */
export async function daemonPid(bus: Bus): Promise<number | undefined> {
	const inode = daemonEnd(bus.address);
	const named = (await credentialsOf(bus, driver.destination)).pid;
	if (inode === undefined) return named;
	if (named !== undefined && socketsOf(named).includes(inode)) return named;
	return new SocketTable().holderOf(inode)?.pid ?? named;
}

/** The other end of a connection of ours to this address. What a listening socket accepts bears its name. */
function daemonEnd(address: string): number | undefined {
	const path = parseAddress(address).usable[0]?.socketPath.replace(/^\0/, '@');
	const sockets = ifReadable(listUnixSockets) ?? [];
	const daemonEnds = new Map(sockets.filter(({name}) => name === path).map((each) => [each.inode, each]));
	const ours = new Set(socketsOf(process.pid));
	const connected = sockets.find(({inode, peerInode}) => ours.has(inode) && daemonEnds.has(peerInode ?? 0));
	return connected?.peerInode;
}

/** Inodes of the sockets that a process holds; none when we may not look. */
function socketsOf(pid: number): number[] {
	return fdNumbers(pid).flatMap((fd) => {
		const target = readLink(`/proc/${pid}/fd/${fd}`);
		return target?.startsWith('socket:[') ? (inodeIn(target) ?? []) : [];
	});
}
