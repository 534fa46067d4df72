import {closeFd} from './descriptor.js';
import {SystemCallError} from './errors.js';
import {call} from './library.js';
import {SOL_SOCKET, SocketOption, SocketType, setSocketOption} from './socket.js';
import {AF_NETLINK} from './socket-address.js';

const SOCK_CLOEXEC = 0o2000000;
const MSG_TRUNC = 0x20;

// <linux/netlink.h>
const HEADER = 16;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** The kernel fills at most 32 KiB a message when asked with a buffer at least so large. */
const RECEIVE_SIZE = 64 * 1024;
/** The answer is made while we wait, within microseconds; a longer silence is a failure. */
const TIMEOUT_SECONDS = 2;

/**
 * Asks a netlink family for a dump of everything of one message type.
 * @param protocol e.g. NETLINK_SOCK_DIAG.
 * @returns the payloads, without netlink headers; `complete` is false when objects changed during the dump,
 * so that some may be missing or double.
 * @throws SystemCallError EAGAIN: no answer in time; ENOENT: the kernel lacks this part.
 */
export function netlinkDump(
	protocol: number,
	type: number,
	payload: Buffer,
): {payloads: Buffer[]; complete: boolean} {
	const fd = call('socket', AF_NETLINK, SocketType.raw | SOCK_CLOEXEC, protocol);
	try {
		const timeout = Buffer.alloc(16);
		timeout.writeBigInt64LE(BigInt(TIMEOUT_SECONDS), 0);
		setSocketOption(fd, SOL_SOCKET, SocketOption.receiveTimeout, timeout);
		const request = Buffer.alloc(HEADER + payload.length);
		request.writeUInt32LE(request.length, 0);
		request.writeUInt16LE(type, 4);
		request.writeUInt16LE(NLM_F_REQUEST | NLM_F_DUMP, 6);
		payload.copy(request, HEADER);
		call('send', fd, request, request.length, 0);
		return receiveDump(fd);
	} finally {
		closeFd(fd);
	}
}

function receiveDump(fd: number): {payloads: Buffer[]; complete: boolean} {
	const payloads: Buffer[] = [];
	let complete = true;
	for (;;) {
		const buffer = Buffer.alloc(RECEIVE_SIZE);
		const length = call('recv', fd, buffer, RECEIVE_SIZE, MSG_TRUNC);
		if (length > RECEIVE_SIZE) throw new Error(`netlink message of ${length} bytes`);
		for (let start = 0; start + HEADER <= length; ) {
			const size = buffer.readUInt32LE(start);
			if (size < HEADER) throw new Error(`netlink message says it has ${size} bytes`);
			const type = buffer.readUInt16LE(start + 4);
			if (buffer.readUInt16LE(start + 6) & NLM_F_DUMP_INTR) complete = false;
			if (type === NLMSG_DONE) return {payloads, complete};
			if (type === NLMSG_ERROR) throw new SystemCallError('netlink', -buffer.readInt32LE(start + HEADER));
			payloads.push(buffer.subarray(start + HEADER, start + size));
			start += (size + 3) & ~3;
		}
	}
}

/** Reads the attributes (struct rtattr: u16 length, u16 type, value, padded to 4) from `start` on. */
export function netlinkAttributes(payload: Buffer, start: number): Map<number, Buffer> {
	const attributes = new Map<number, Buffer>();
	for (let at = start; at + 4 <= payload.length; ) {
		const length = payload.readUInt16LE(at);
		if (length < 4) break;
		attributes.set(payload.readUInt16LE(at + 2), payload.subarray(at + 4, at + length));
		at += (length + 3) & ~3;
	}
	return attributes;
}
