import {listUnixSockets} from '../kernel/sock-diag.js';
import {holdsSocket} from '../process/fds.js';
import {ifReadable} from '../process/read.js';
import {SocketTable} from '../process/sockets.js';
import {type Bus, driver} from './calls.js';
import {credentialsOf} from './census.js';

/**
 * The process that holds the daemon's end of the connections of this bus; undefined when neither daemon nor
 * kernel tell. dbus-daemon names itself; dbus-broker names its launcher, so the kernel's word comes first.
 */
export async function daemonPid(bus: Bus): Promise<number | undefined> {
	const named = (await credentialsOf(bus, driver.destination)).pid;
	const sockets = ifReadable(listUnixSockets) ?? [];
	const daemonEnd = sockets.find(({peerInode}) => peerInode === bus.inode)?.inode;
	if (daemonEnd === undefined) return named;
	if (named !== undefined && holdsSocket(named, daemonEnd)) return named;
	return new SocketTable().holderOf(daemonEnd)?.pid ?? named;
}
