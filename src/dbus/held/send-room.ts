import {SystemCallError} from '../../kernel/errors.js';
import {
	getSocketOption,
	SOL_SOCKET,
	SocketOption,
	setSocketOption,
	unsentBytes,
} from '../../kernel/socket.js';

/**
 * SO_SNDBUFFORCE's argument; the kernel doubles it. An int's end less 64 MiB: the kernel counts queued memory
 * in an int, too, and lets the last piece go beyond the limit.
 */
const largest = 2 ** 30 - 2 ** 25;

/** Memory that can wait in one socket, in bytes as the kernel counts them. */
export const socketCapacity = 2 * largest;
/** What the kernel counts for our pieces, against their bytes: measured 1.02–1.05. */
export const memoryRatio = 1.06;
/** What it counts for the smallest message that is sent alone, as those with descriptors are. */
export const smallestMemory = 768;

/**
 * The send buffer of the daemon's end, which the daemon and we share: raised while we write, and between that
 * so low that the socket is full for the daemon, which then keeps what it has for the service in its own memory.
 */
export class SendRoom {
	readonly #fd: number;
	readonly #original: number;

	constructor(fd: number) {
		this.#fd = fd;
		this.#original = sendBuffer(fd);
	}

	/** Memory of what waits, in bytes as the kernel counts them. Nobody reads, so it changes only when somebody writes. */
	get used(): number {
		return unsentBytes(this.#fd);
	}

	/** The socket is full for the daemon even with the smallest send buffer. */
	get closes(): boolean {
		// SOCK_MIN_SNDBUF of 64-bit kernels is 4608.
		return this.used > 4608;
	}

	raise(): void {
		setSendBuffer(this.#fd, 2 * largest);
	}

	lower(): void {
		setSendBuffer(this.#fd, 0);
	}

	restore(): void {
		setSendBuffer(this.#fd, this.#original);
	}
}

/** The send buffer of a socket, in bytes of memory; twice what is asked for when it is set. */
export function sendBuffer(fd: number): number {
	return getSocketOption(fd, SOL_SOCKET, SocketOption.sendBuffer);
}

/** Needs CAP_NET_ADMIN; without, the system's limit (net.core.wmem_max) applies. The kernel keeps at least 4608. */
export function setSendBuffer(fd: number, bytes: number): void {
	try {
		setSocketOption(fd, SOL_SOCKET, SocketOption.sendBufferForce, bytes / 2);
	} catch (error) {
		if (!(error instanceof SystemCallError && error.code === 'EPERM')) throw error;
		setSocketOption(fd, SOL_SOCKET, SocketOption.sendBuffer, bytes / 2);
	}
}
