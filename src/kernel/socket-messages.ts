import {closeFd} from './descriptor.js';
import {SystemCallError} from './errors.js';
import {addressOf, call} from './library.js';
import {SOL_SOCKET, unreadBytes} from './socket.js';

// Flags of recvmsg and sendmsg, <bits/socket.h>.
const MSG_PEEK = 0x2;
const MSG_CTRUNC = 0x8;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;

const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
/** struct ucred: pid, uid, gid. */
const CREDENTIALS_SIZE = 12;
/** The kernel's SCM_MAX_FD: no message carries more descriptors. */
const MAX_FDS = 253;
/** struct cmsghdr: u64 length with header, i32 level, i32 type; the next one begins at a multiple of 8. */
const CONTROL_HEADER = 16;
/** Room for all descriptors, and for credentials, a pidfd and a security label beside them. */
const CONTROL_SIZE = 2048;

export interface ReceivedMessage {
	/** Empty at the end of the stream (or for an empty packet). */
	data: Buffer;
	/** Descriptors that came along, now ours and close-on-exec: the receiver closes them. */
	fds: number[];
	/** A packet was longer than asked for: its rest is lost. */
	truncated: boolean;
	/** Descriptors were lost: this process may not open so many. */
	fdsTruncated: boolean;
}

export interface PeekedMessage {
	data: Buffer;
	/** How many descriptors wait with these bytes; the kernel stops a stream's peek after the first that has any. */
	fdCount: number;
}

/**
 * Looks at what waits, without consuming it. Of a stream: up to `max` bytes, but no further than the first
 * message with descriptors; of packets: the next one.
 * @returns undefined when nothing waits; empty data at the end of the stream.
 */
export function peek(fd: number, max: number = Math.max(unreadBytes(fd), 1)): PeekedMessage | undefined {
	// Without room for control data the kernel reports MSG_CTRUNC for descriptors, but with SO_PASSCRED always;
	// so take duplicates of the descriptors, count them and close them again: the queued ones stay.
	const received = receive(fd, max, MSG_PEEK);
	if (!received) return undefined;
	for (const copy of received.fds) closeFd(copy);
	return {data: received.data, fdCount: received.fds.length + (received.fdsTruncated ? 1 : 0)};
}

/**
 * Takes what waits, with its descriptors; never blocks.
 * @returns undefined when nothing waits.
 */
export function receiveWithFds(fd: number, max: number): ReceivedMessage | undefined {
	return receive(fd, max, 0);
}

function receive(fd: number, max: number, flags: number): ReceivedMessage | undefined {
	// Not filled with zeros: only what the kernel wrote is ever shown.
	const data = Buffer.allocUnsafeSlow(max);
	const message = new MessageHeader(data, CONTROL_SIZE);
	let length: number;
	try {
		length = call('recvmsg', fd, message.bytes, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} catch (error) {
		if (error instanceof SystemCallError && error.code === 'EAGAIN') return undefined;
		throw error;
	}
	return {
		data: data.subarray(0, length),
		fds: descriptorsOf(message.control),
		truncated: (message.flags & MSG_TRUNC) !== 0,
		fdsTruncated: (message.flags & MSG_CTRUNC) !== 0,
	};
}

/**
 * Sends bytes, and descriptors along with the first of them; never blocks and never raises SIGPIPE.
 * @returns how many bytes were taken: a stream may take fewer than given, the descriptors then went along.
 * @throws SystemCallError EAGAIN: no room now; EPIPE: the peer has closed.
 */
export function sendWithFds(fd: number, data: Buffer, fds: readonly number[] = []): number {
	if (fds.length > MAX_FDS) throw new RangeError(`at most ${MAX_FDS} descriptors, not ${fds.length}`);
	const message = new MessageHeader(data, fds.length === 0 ? 0 : align(CONTROL_HEADER + 4 * fds.length));
	const {control} = message;
	if (fds.length > 0) {
		control.writeBigUInt64LE(BigInt(CONTROL_HEADER + 4 * fds.length), 0);
		control.writeInt32LE(SOL_SOCKET, 8);
		control.writeInt32LE(SCM_RIGHTS, 12);
		for (const [index, sent] of fds.entries()) control.writeInt32LE(sent, CONTROL_HEADER + 4 * index);
	}
	const sent = call('sendmsg', fd, message.bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	// Naming `data` after the call keeps the garbage collector from it during the call.
	return Math.min(sent, data.length);
}

/**
 * Sends one message in the name of another process: the receiver sees `pid` as its sender.
 * @throws SystemCallError EPERM: that needs CAP_SYS_ADMIN; ESRCH: there is no such process.
 */
export function sendAs(fd: number, pid: number, data: Buffer): void {
	const message = new MessageHeader(data, align(CONTROL_HEADER + CREDENTIALS_SIZE));
	const {control} = message;
	control.writeBigUInt64LE(BigInt(CONTROL_HEADER + CREDENTIALS_SIZE), 0);
	control.writeInt32LE(SOL_SOCKET, 8);
	control.writeInt32LE(SCM_CREDENTIALS, 12);
	control.writeInt32LE(pid, CONTROL_HEADER);
	control.writeUInt32LE(process.getuid?.() ?? 0, CONTROL_HEADER + 4);
	control.writeUInt32LE(process.getgid?.() ?? 0, CONTROL_HEADER + 8);
	call('sendmsg', fd, message.bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

function align(length: number): number {
	return (length + 7) & ~7;
}

function descriptorsOf(control: Buffer): number[] {
	const fds: number[] = [];
	for (let start = 0; start + CONTROL_HEADER <= control.length; ) {
		const length = Number(control.readBigUInt64LE(start));
		if (length < CONTROL_HEADER) break;
		if (control.readInt32LE(start + 8) === SOL_SOCKET && control.readInt32LE(start + 12) === SCM_RIGHTS) {
			for (let at = start + CONTROL_HEADER; at + 4 <= start + length; at += 4)
				fds.push(control.readInt32LE(at));
		}
		start += align(length);
	}
	return fds;
}

/** Where struct iovec and the control data lie in a `MessageHeader`, in bytes. */
const VECTOR_AT = 56;
const CONTROL_AT = 72;

/**
 * struct msghdr of 64-bit Linux (name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48),
 * its one struct iovec (base 56, length 64) and its control data, all in one buffer so that what is pointed
 * to lives as long as the pointer. `data` must be kept alive by whoever calls.
 */
class MessageHeader {
	readonly bytes: Buffer;

	constructor(data: Buffer, controlSize: number) {
		this.bytes = Buffer.alloc(CONTROL_AT + controlSize);
		const address = addressOf(this.bytes);
		this.bytes.writeBigUInt64LE(address + BigInt(VECTOR_AT), 16);
		this.bytes.writeBigUInt64LE(1n, 24);
		if (controlSize > 0) this.bytes.writeBigUInt64LE(address + BigInt(CONTROL_AT), 32);
		this.bytes.writeBigUInt64LE(BigInt(controlSize), 40);
		this.bytes.writeBigUInt64LE(data.length > 0 ? addressOf(data) : 0n, VECTOR_AT);
		this.bytes.writeBigUInt64LE(BigInt(data.length), VECTOR_AT + 8);
	}

	/** Control data; after receiving, as much as the kernel wrote. */
	get control(): Buffer {
		const length = Number(this.bytes.readBigUInt64LE(40));
		return this.bytes.subarray(CONTROL_AT, CONTROL_AT + length);
	}

	get flags(): number {
		return this.bytes.readUInt32LE(48);
	}
}
