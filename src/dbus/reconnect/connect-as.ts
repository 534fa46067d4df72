import path from 'node:path';
import {type Runner, runCommand} from '../../common/runner.js';
import {closeFd} from '../../kernel/descriptor.js';
import {newUnixSocket} from '../../kernel/socket.js';
import type {ConnectingUser} from '../../process/connect-within.js';
import {firstPlace} from './places.js';

/** As whom a daemon shall see a connection: the process and user that the kernel notes at connect(). */
export interface Connector extends ConnectingUser {
	/** Must be free: a process of this number is made for an instant. Absent: whatever number it gets. */
	pid?: number;
}

const program = path.resolve(import.meta.dirname, '../../../data/connect-as.pl');
/** Number of the socket in the program. */
const childFd = 3;

/**
 * A socket that is connected to the bus as if process `as.pid` had done so; nothing was said on it yet. For processes
 * that cannot connect themselves (`connectRestored`): a daemon that asks later finds that who connected has ended.
 * @returns our descriptor; the caller closes it.
 * @throws Fault `bus-unreachable` with the last entry's reason.
 */
export async function connectAs(address: string, as: Connector, run: Runner = runCommand): Promise<number> {
	return firstPlace(address, async (socketPath) => {
		const fd = newUnixSocket();
		const {pid = 0, uid, gid, groups} = as;
		const args = [childFd, pid, uid, gid, groups.join(',') || '-', shown(socketPath)];
		const {exitCode, stderr, startError} = await run({
			command: 'perl',
			args: [program, ...args.map(String)],
			descriptors: new Map([[childFd, fd]]),
		});
		if (exitCode === 0) return {made: fd};
		closeFd(fd);
		return {reason: startError === undefined ? stderr.trim() : `perl: ${startError}`};
	});
}

/** No argument can have the NUL that begins an abstract name. */
function shown(socketPath: string): string {
	return socketPath.startsWith('\0') ? `@${socketPath.slice(1)}` : socketPath;
}
