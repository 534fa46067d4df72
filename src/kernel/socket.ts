import {call} from './library.js';
import {AF_UNIX, unixAddress} from './socket-address.js';

// ioctl requests, <asm-generic/sockios.h>
const FIONREAD = 0x541b;
const SIOCOUTQ = 0x5411;

const SOCK_CLOEXEC = 0o2000000;

/** Socket types, <bits/socket_type.h>. */
export const SocketType = {stream: 1, dgram: 2, raw: 3, seqpacket: 5} as const;

/** A word for a socket type: "stream". */
export function socketTypeName(type: number): string {
	return Object.entries(SocketType).find(([, number]) => number === type)?.[0] ?? `type-${type}`;
}

export const SOL_SOCKET = 1;

/** Options of level SOL_SOCKET, <asm-generic/socket.h>; the same on x86-64 and arm64. */
export const SocketOption = {
	reuseAddress: 2,
	type: 3,
	error: 4,
	broadcast: 6,
	sendBuffer: 7,
	receiveBuffer: 8,
	keepAlive: 9,
	outOfBandInline: 10,
	priority: 12,
	reusePort: 15,
	passCredentials: 16,
	peerCredentials: 17,
	receiveLowWater: 18,
	receiveTimeout: 20,
	sendTimeout: 21,
	acceptsConnections: 30,
	peerSecurity: 31,
	sendBufferForce: 32,
	receiveBufferForce: 33,
	passSecurity: 34,
	mark: 36,
	protocol: 38,
	domain: 39,
	peerGroups: 59,
	passPidfd: 76,
	peerPidfd: 77,
} as const;

/** Bytes that wait to be read; of a dgram socket those of the next message only. Half-closed or not. */
export function unreadBytes(fd: number): number {
	return ioctlInt(fd, FIONREAD);
}

/**
 * What was sent and not yet read by the peer. Of a unix socket the kernel counts the memory of the buffers,
 * so this is larger than the bytes sent; 0 means that everything was read.
 */
export function unsentBytes(fd: number): number {
	return ioctlInt(fd, SIOCOUTQ);
}

// <bits/poll.h>
const POLLHUP = 0x10;
const POLLRDHUP = 0x2000;

/** The other end is closed (or shut down), so nothing more will come; what it sent before may still wait. */
export function isHungUp(fd: number): boolean {
	// struct pollfd {int fd; short events; short revents}
	const request = Buffer.alloc(8);
	request.writeInt32LE(fd, 0);
	request.writeInt16LE(POLLRDHUP, 4);
	call('poll', request, 1, 0);
	return (request.readUInt16LE(6) & (POLLHUP | POLLRDHUP)) !== 0;
}

function ioctlInt(fd: number, request: number): number {
	const value = Buffer.alloc(4);
	call('ioctl', fd, request, value);
	return value.readInt32LE();
}

/** The raw value of an option; `size` is the most it may have, in bytes. */
export function getSocketOptionBytes(fd: number, level: number, option: number, size: number): Buffer {
	const value = Buffer.alloc(size);
	const length = Buffer.alloc(4);
	length.writeUInt32LE(size);
	call('getsockopt', fd, level, option, value, length);
	return value.subarray(0, length.readUInt32LE());
}

/** An option whose value is a C int. @throws SystemCallError ENOPROTOOPT: unknown to this kernel. */
export function getSocketOption(fd: number, level: number, option: number): number {
	return getSocketOptionBytes(fd, level, option, 4).readInt32LE();
}

/** Sets an option: a number is written as a C int. */
export function setSocketOption(fd: number, level: number, option: number, value: number | Buffer): void {
	let bytes = value;
	if (typeof bytes === 'number') {
		const int = Buffer.alloc(4);
		int.writeInt32LE(bytes);
		bytes = int;
	}
	call('setsockopt', fd, level, option, bytes, bytes.length);
}

/**
 * Who connected (or listened): SO_PEERCRED, taken by the kernel at connect time and never updated. pid 0: it
 * is of a pid namespace that we do not see; uid and gid 0xffffffff: not connected.
 */
export function peerCredentials(fd: number): {pid: number; uid: number; gid: number} {
	const credentials = getSocketOptionBytes(fd, SOL_SOCKET, SocketOption.peerCredentials, 12);
	return {
		pid: credentials.readInt32LE(0),
		uid: credentials.readUInt32LE(4),
		gid: credentials.readUInt32LE(8),
	};
}

/**
 * A descriptor that means who connected, and no later process of that number; close-on-exec. The caller closes it.
 * @throws SystemCallError EINVAL, ESRCH: who connected was reaped (newer kernels give a descriptor all the same);
 * ENOPROTOOPT: unknown to this kernel.
 */
export function openPeerPidfd(fd: number): number {
	return getSocketOption(fd, SOL_SOCKET, SocketOption.peerPidfd);
}

/** A unix socket that is not connected yet, close-on-exec. The caller closes it. */
export function newUnixSocket(type: keyof typeof SocketType = 'stream'): number {
	return call('socket', AF_UNIX, SocketType[type] | SOCK_CLOEXEC, 0);
}

/**
 * Connects to the unix socket at this path.
 * @throws SystemCallError ENOENT, ECONNREFUSED: nobody listens there.
 */
export function connectUnix(fd: number, path: string): void {
	const address = unixAddress(path);
	call('connect', fd, address, address.length);
}

/** Two connected unix sockets, close-on-exec. The caller closes both. */
export function socketPair(type: keyof typeof SocketType = 'stream'): [number, number] {
	const pair = Buffer.alloc(8);
	call('socketpair', AF_UNIX, SocketType[type] | SOCK_CLOEXEC, 0, pair);
	return [pair.readInt32LE(0), pair.readInt32LE(4)];
}
