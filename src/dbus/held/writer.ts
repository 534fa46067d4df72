import {setTimeout as delay} from 'node:timers/promises';
import {SystemCallError} from '../../kernel/errors.js';
import {sendWithFds} from '../../kernel/socket-messages.js';
import {encodeMessage, type MessageParts} from '../wire/writer.js';

/**
 * Serials of what we say in the frozen service's place. Libraries count from 1, and sd-bus goes on at
 * 0x80000000 when it has used all, so these meet no call of the service's own that still waits for its reply.
 */
export const firstOwnSerial = 0xf000_0000;
const lastSerial = 0xffff_ffff;

/** Between two attempts to write to a full socket, milliseconds. */
const retryMs = 1;

/**
 * Writes messages on a held socket, as if the frozen service did. Only for a service whose own last message
 * went out whole: see `outgoingState`. Nothing blocks; what finds no room waits here, and no message is ever
 * left half written as long as `flushed` is awaited before the socket goes back to the service.
 */
export class HeldWriter {
	readonly #fd: number;
	#serial = firstOwnSerial - 1;
	#waiting: Buffer[] = [];

	/** @param fd our duplicate of the service's socket. */
	constructor(fd: number) {
		this.#fd = fd;
	}

	/** Sends a message, or keeps it until there is room. @returns its serial. */
	send(parts: Omit<MessageParts, 'serial'>): number {
		this.#serial = this.#serial === lastSerial ? firstOwnSerial : this.#serial + 1;
		this.#waiting.push(encodeMessage({...parts, serial: this.#serial}));
		this.flush();
		return this.#serial;
	}

	/** Bytes that found no room yet. */
	get waiting(): number {
		return this.#waiting.reduce((sum, bytes) => sum + bytes.length, 0);
	}

	/** Writes as much as there is room for. @throws SystemCallError EPIPE: the daemon has closed. */
	flush(): void {
		for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
			const sent = this.#trySend(first);
			if (sent === first.length) this.#waiting.shift();
			else {
				this.#waiting[0] = first.subarray(sent);
				return;
			}
		}
	}

	/** Waits until everything is written. @returns false when `timeoutMs` passed first. */
	async flushed(timeoutMs: number): Promise<boolean> {
		const end = performance.now() + timeoutMs;
		for (;;) {
			this.flush();
			if (this.#waiting.length === 0) return true;
			if (performance.now() >= end) return false;
			await delay(retryMs);
		}
	}

	#trySend(bytes: Buffer): number {
		try {
			return sendWithFds(this.#fd, bytes);
		} catch (error) {
			if (error instanceof SystemCallError && error.code === 'EAGAIN') return 0;
			throw error;
		}
	}
}
