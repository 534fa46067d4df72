import {netlinkAttributes, netlinkDump} from './netlink.js';
import {socketTypeName} from './socket.js';
import {AF_INET, AF_INET6, AF_UNIX, ipv4, ipv6, unixName} from './socket-address.js';

// <linux/netlink.h>, <linux/sock_diag.h>
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;

// <linux/unix_diag.h>
const UDIAG_SHOW_NAME = 1;
const UDIAG_SHOW_PEER = 4;
const UDIAG_SHOW_RQLEN = 16;
const UNIX_DIAG_NAME = 0;
const UNIX_DIAG_PEER = 2;
const UNIX_DIAG_RQLEN = 4;

/** <net/tcp_states.h>; the kernel uses the same numbers for all families. */
const states: Record<number, string> = {
	1: 'established',
	2: 'syn-sent',
	3: 'syn-received',
	4: 'fin-wait-1',
	5: 'fin-wait-2',
	6: 'time-wait',
	7: 'unconnected',
	8: 'close-wait',
	9: 'last-ack',
	10: 'listening',
	11: 'closing',
	12: 'new-syn-received',
};

/** A socket as the kernel lists it. */
export interface KernelSocket {
	inode: number;
	family: 'unix' | 'inet' | 'inet6';
	/** "stream", "dgram", "seqpacket". */
	type: string;
	/** "established", "listening", "unconnected", or a TCP state. */
	state: string;
	/** A path, `@abstract`, or `ip:port`; absent if unnamed. */
	name?: string;
	/** `ip:port` of the other end (inet only). */
	peerName?: string;
	/** Of a unix socket, if it is connected: the inode of the other end. */
	peerInode?: number;
	/** Bytes that wait to be read; of a listening socket: connections that wait to be accepted. */
	unread: number;
	/** Memory in bytes of what was sent and not read; of a listening socket: the backlog. */
	unsent: number;
}

/** How often a dump is made anew when sockets came or went during it. */
const ATTEMPTS = 4;

function dump(payload: Buffer): Buffer[] {
	let result = netlinkDump(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, payload);
	for (let attempt = 1; attempt < ATTEMPTS && !result.complete; attempt++) {
		result = netlinkDump(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, payload);
	}
	return result.payloads;
}

/** All unix sockets of this thread's network namespace. @throws SystemCallError ENOENT: no unix_diag. */
export function listUnixSockets(): KernelSocket[] {
	// struct unix_diag_req: u8 family, u8 protocol, u16, u32 states, u32 inode, u32 show, u32 cookie[2]
	const request = Buffer.alloc(24);
	request.writeUInt8(AF_UNIX, 0);
	request.writeUInt32LE(0xffffffff, 4);
	request.writeUInt32LE(UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN, 12);
	return dump(request).map(parseUnixSocket);
}

/** struct unix_diag_msg: u8 family, u8 type, u8 state, u8, u32 inode, u32 cookie[2], then attributes. */
function parseUnixSocket(payload: Buffer): KernelSocket {
	const attributes = netlinkAttributes(payload, 16);
	const lengths = attributes.get(UNIX_DIAG_RQLEN);
	const socket: KernelSocket = {
		inode: payload.readUInt32LE(4),
		family: 'unix',
		type: socketTypeName(payload.readUInt8(1)),
		state: stateName(payload.readUInt8(2)),
		unread: lengths?.readUInt32LE(0) ?? 0,
		unsent: lengths?.readUInt32LE(4) ?? 0,
	};
	const name = unixName(attributes.get(UNIX_DIAG_NAME) ?? Buffer.alloc(0));
	if (name !== undefined) socket.name = name;
	const peer = attributes.get(UNIX_DIAG_PEER)?.readUInt32LE(0);
	// 0: the peer has closed.
	if (peer) socket.peerInode = peer;
	return socket;
}

/** IPPROTO_TCP and IPPROTO_UDP. */
const protocols = [
	{number: 6, type: 'stream'},
	{number: 17, type: 'dgram'},
];

/** All TCP and UDP sockets, IPv4 and IPv6, of this thread's network namespace. */
export function listInetSockets(): KernelSocket[] {
	return [AF_INET, AF_INET6].flatMap((family) =>
		protocols.flatMap(({number, type}) => {
			// struct inet_diag_req_v2: u8 family, u8 protocol, u8 extensions, u8, u32 states, socket id (48 bytes)
			const request = Buffer.alloc(56);
			request.writeUInt8(family, 0);
			request.writeUInt8(number, 1);
			request.writeUInt32LE(0xffffffff, 4);
			return dump(request).map((payload) => parseInetSocket(payload, type));
		}),
	);
}

/**
 * struct inet_diag_msg: u8 family, u8 state, u8 timer, u8 retransmits; id {be16 source port, be16 destination
 * port, source 16 bytes, destination 16 bytes, u32 interface, u32 cookie[2]}; u32 expires, u32 rqueue,
 * u32 wqueue, u32 uid, u32 inode.
 */
function parseInetSocket(payload: Buffer, type: string): KernelSocket {
	const isIpv6 = payload.readUInt8(0) === AF_INET6;
	const endpoint = (addressAt: number, portAt: number): string => {
		const port = payload.readUInt16BE(portAt);
		const bytes = payload.subarray(addressAt, addressAt + (isIpv6 ? 16 : 4));
		return isIpv6 ? `[${ipv6(bytes)}]:${port}` : `${ipv4(bytes)}:${port}`;
	};
	const socket: KernelSocket = {
		inode: payload.readUInt32LE(68),
		family: isIpv6 ? 'inet6' : 'inet',
		type,
		state: stateName(payload.readUInt8(1)),
		name: endpoint(8, 4),
		unread: payload.readUInt32LE(56),
		unsent: payload.readUInt32LE(60),
	};
	if (payload.readUInt16BE(6) !== 0) socket.peerName = endpoint(24, 6);
	return socket;
}

function stateName(number: number): string {
	return states[number] ?? `state-${number}`;
}
