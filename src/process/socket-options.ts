import {closeFd} from '../kernel/descriptor.js';
import {duplicateFd, openPidfd} from '../kernel/pidfd.js';
import {
	getSocketOption,
	getSocketOptionBytes,
	SOL_SOCKET,
	SocketOption,
	setSocketOption,
} from '../kernel/socket.js';
import {ifReadable, isUnreadable} from './read.js';

/** Options of every family and of some, by their names in socket(7). */
const numbers = {
	SO_REUSEADDR: SocketOption.reuseAddress,
	SO_REUSEPORT: SocketOption.reusePort,
	SO_KEEPALIVE: SocketOption.keepAlive,
	SO_BROADCAST: SocketOption.broadcast,
	SO_OOBINLINE: SocketOption.outOfBandInline,
	SO_SNDBUF: SocketOption.sendBuffer,
	SO_RCVBUF: SocketOption.receiveBuffer,
	SO_RCVLOWAT: SocketOption.receiveLowWater,
	SO_PASSCRED: SocketOption.passCredentials,
	SO_PASSSEC: SocketOption.passSecurity,
	SO_PRIORITY: SocketOption.priority,
	SO_MARK: SocketOption.mark,
} as const;
const times = {
	SO_SNDTIMEO: SocketOption.sendTimeout,
	SO_RCVTIMEO: SocketOption.receiveTimeout,
} as const;

/**
 * The socket options of some descriptors of a process, by descriptor. Each is duplicated for a moment; the
 * process does not notice, and its memory of the socket (flags, position) is not touched.
 */
export function readSocketOptions(pid: number, fds: readonly number[]): Map<number, Record<string, number>> {
	const found = new Map<number, Record<string, number>>();
	if (fds.length === 0) return found;
	try {
		const pidfd = openPidfd(pid);
		try {
			for (const fd of fds) {
				const options = optionsOf(pidfd, fd);
				if (options) found.set(fd, options);
			}
		} finally {
			closeFd(pidfd);
		}
	} catch (error) {
		if (!isUnreadable(error)) throw error;
	}
	return found;
}

/** Sets SO_REUSEPORT of some sockets of a process; of those that it has closed meanwhile, nothing. */
export function setReusePort(pid: number, fds: readonly number[], on: boolean): void {
	if (fds.length === 0) return;
	ifReadable(() => {
		const pidfd = openPidfd(pid);
		try {
			for (const fd of fds) {
				const copy = ifReadable(() => duplicateFd(pidfd, fd));
				if (copy === undefined) continue;
				unlessRefused(() => setSocketOption(copy, SOL_SOCKET, SocketOption.reusePort, on ? 1 : 0));
				closeFd(copy);
			}
		} finally {
			closeFd(pidfd);
		}
	});
}

function optionsOf(pidfd: number, fd: number): Record<string, number> | undefined {
	let copy: number;
	try {
		copy = duplicateFd(pidfd, fd);
	} catch (error) {
		// Closed meanwhile.
		if (isUnreadable(error)) return undefined;
		throw error;
	}
	try {
		return socketOptions(copy);
	} finally {
		closeFd(copy);
	}
}

/** The options of a socket of ours. */
export function socketOptions(fd: number): Record<string, number> {
	const options: Record<string, number> = {};
	for (const [name, option] of Object.entries(numbers)) {
		const value = unlessRefused(() => getSocketOption(fd, SOL_SOCKET, option));
		if (value !== undefined) options[name] = value;
	}
	for (const [name, option] of Object.entries(times)) {
		const value = unlessRefused(() => getSocketOptionBytes(fd, SOL_SOCKET, option, 16));
		if (value !== undefined) options[name] = microseconds(value);
	}
	return options;
}

/** struct timeval {long seconds; long microseconds} */
function microseconds(time: Buffer): number {
	return Number(time.readBigInt64LE(0)) * 1e6 + Number(time.readBigInt64LE(8));
}

/** Not every family knows every option (ENOPROTOOPT, EOPNOTSUPP). */
function unlessRefused<Result>(question: () => Result): Result | undefined {
	try {
		return question();
	} catch {
		return undefined;
	}
}
