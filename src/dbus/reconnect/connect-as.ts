import path from 'node:path';
import {Fault} from '../../common/fault.js';
import {type Runner, runCommand} from '../../common/runner.js';
import {closeFd} from '../../kernel/descriptor.js';
import {newUnixSocket} from '../../kernel/socket.js';
import {parseAddress} from '../address.js';
import {resolvePlace} from '../dial.js';

/** As whom a daemon shall see a connection: the process and user that the kernel notes at connect(). */
export interface Connector {
	/** Must be free: a process of this number is made for an instant. */
	pid: number;
	uid: number;
	gid: number;
	groups: readonly number[];
}

const program = path.resolve(import.meta.dirname, '../../../data/connect-as.pl');
/** Number of the socket in the program. */
const childFd = 3;

/**
 * A socket that is connected to the bus as if process `as.pid` had done so; nothing was said on it yet.
 * Only unix sockets: no other transport tells a daemon who connects.
 * @returns our descriptor; the caller closes it.
 * @throws Fault `bus-unreachable` with the last entry's reason.
 */
export async function connectAs(address: string, as: Connector, run: Runner = runCommand): Promise<number> {
	let reason = 'no-path';
	for (const place of parseAddress(address).usable.flatMap((one) => resolvePlace(one, process.env))) {
		if (place.endpoint.kind !== 'unix') continue;
		const fd = newUnixSocket();
		const {pid, uid, gid, groups} = as;
		const args = [childFd, pid, uid, gid, groups.join(',') || '-', shown(place.endpoint.path)];
		const {exitCode, stderr, startError} = await run({
			command: 'perl',
			args: [program, ...args.map(String)],
			descriptors: new Map([[childFd, fd]]),
		});
		if (exitCode === 0) return fd;
		closeFd(fd);
		reason = startError === undefined ? stderr.trim() : `perl: ${startError}`;
	}
	throw new Fault('bus-unreachable', {address, reason}, {processState: 'frozen'});
}

/** No argument can have the NUL that begins an abstract name. */
function shown(socketPath: string): string {
	return socketPath.startsWith('\0') ? `@${socketPath.slice(1)}` : socketPath;
}
