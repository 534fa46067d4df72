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
		this.#original = getSocketOption(fd, SOL_SOCKET, SocketOption.sendBuffer);
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

	/** Needs CAP_NET_ADMIN; without, the system's limit (net.core.wmem_max) applies. */
	raise(): void {
		try {
			setSocketOption(this.#fd, SOL_SOCKET, SocketOption.sendBufferForce, largest);
		} catch (error) {
			if ((error as {code?: string}).code !== 'EPERM') throw error;
			setSocketOption(this.#fd, SOL_SOCKET, SocketOption.sendBuffer, largest);
		}
	}

	lower(): void {
		setSocketOption(this.#fd, SOL_SOCKET, SocketOption.sendBuffer, 0);
	}

	restore(): void {
		try {
			setSocketOption(this.#fd, SOL_SOCKET, SocketOption.sendBufferForce, this.#original / 2);
		} catch (error) {
			if ((error as {code?: string}).code !== 'EPERM') throw error;
			setSocketOption(this.#fd, SOL_SOCKET, SocketOption.sendBuffer, this.#original / 2);
		}
	}
}
