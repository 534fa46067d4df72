import {call} from './library.js';

// Address families, <sys/socket.h>.
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const AF_VSOCK = 40;

const familyNames: Record<number, string> = {
	[AF_UNIX]: 'unix',
	[AF_INET]: 'inet',
	[AF_INET6]: 'inet6',
	[AF_NETLINK]: 'netlink',
	[AF_PACKET]: 'packet',
	[AF_VSOCK]: 'vsock',
};

/** A word for an address family; `family-N` for the rare ones. */
export function familyName(family: number): string {
	return familyNames[family] ?? `family-${family}`;
}

/** Size of struct sockaddr_storage. */
const STORAGE = 128;

/** What the socket is bound to: a path, `@abstract` or `ip:port`; undefined if unnamed. */
export function localName(fd: number): string | undefined {
	return nameBy('getsockname', fd);
}

/** What its peer is bound to. @throws SystemCallError ENOTCONN: it has no peer. */
export function peerName(fd: number): string | undefined {
	return nameBy('getpeername', fd);
}

function nameBy(way: 'getsockname' | 'getpeername', fd: number): string | undefined {
	const address = Buffer.alloc(STORAGE);
	const length = Buffer.alloc(4);
	length.writeUInt32LE(STORAGE);
	call(way, fd, address, length);
	return formatAddress(address.subarray(0, length.readUInt32LE()));
}

/** struct sockaddr_un of a file's path, or of an abstract name, which begins with NUL and ends where the address does. */
export function unixAddress(path: string): Buffer {
	const address = Buffer.alloc(2 + Buffer.byteLength(path) + (path.startsWith('\0') ? 0 : 1));
	address.writeUInt16LE(AF_UNIX, 0);
	address.write(path, 2);
	return address;
}

/** The text of a struct sockaddr. */
export function formatAddress(address: Buffer): string | undefined {
	if (address.length < 2) return undefined;
	const family = address.readUInt16LE(0);
	if (family === AF_UNIX) return unixName(address.subarray(2));
	if (family === AF_INET) return `${ipv4(address.subarray(4, 8))}:${address.readUInt16BE(2)}`;
	if (family === AF_INET6) return `[${ipv6(address.subarray(8, 24))}]:${address.readUInt16BE(2)}`;
	return undefined;
}

/** sun_path: a file's path ends at the first NUL; an abstract name begins with one and is shown with `@`. */
export function unixName(path: Buffer): string | undefined {
	if (path.length === 0) return undefined;
	if (path[0] === 0) return path.length > 1 ? `@${path.subarray(1).toString('utf8')}` : undefined;
	const end = path.indexOf(0);
	return path.subarray(0, end < 0 ? path.length : end).toString('utf8');
}

export function ipv4(bytes: Buffer): string {
	return [...bytes].join('.');
}

/** RFC 5952: lower case, the longest run of zeros shortened. */
export function ipv6(bytes: Buffer): string {
	const groups = Array.from({length: 8}, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
	return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
