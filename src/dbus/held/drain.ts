import {readFileSync} from 'node:fs';
import type {Fault} from '../../common/fault.js';
import {isHungUp, unreadBytes} from '../../kernel/socket.js';
import {peek} from '../../kernel/socket-messages.js';
import {type HeldReader, HeldStreamError} from './reader.js';
import {memoryRatio, socketCapacity} from './send-room.js';
import type {Stash} from './stash.js';

/** Between two looks at the socket, milliseconds: at once after it was busy, then rarer and rarer. */
const shortestMs = 1;
const longestMs = 50;
/** Between two attempts to write to a disk that was full, milliseconds. */
const retryMs = 1000;
/** What can be put back at the thaw (`stash-too-large` beyond), less what arrives meanwhile. */
export const stashLimitBytes = Math.floor(socketCapacity / memoryRatio) - 256 * 1024 * 1024;

/**
 * `watching`: little or nothing waits, and stays in the kernel; `draining`; `disk-full`, `limit` (the stash is as
 * large as can be put back), `descriptors` (this process may open no more): it takes nothing now, and the kernel
 * and the daemon queue as for any service that does not read; `ended`: the daemon has closed; `stopped`: by us.
 */
export type DrainState =
	| 'watching'
	| 'draining'
	| 'disk-full'
	| 'limit'
	| 'descriptors'
	| 'ended'
	| 'stopped';

export interface DrainOptions {
	reader: HeldReader;
	stash: Stash;
	/** After messages were stashed, or the state changed; at most once for 4 MiB or a millisecond. */
	onChange?: (state: DrainState) => void;
	/** Bytes in the socket from which on it is drained; default `drainThreshold()`. */
	threshold?: number;
	/** Bytes that the stash may have; default `stashLimitBytes`. */
	limit?: number;
}

/**
 * Bytes in a socket at which draining begins. Less stays in the kernel, which needs nobody's help to keep it.
 * A daemon's socket is full when the *memory* of what waits reaches its send buffer (net.core.wmem_default;
 * daemons leave it alone). The shortest message on a bus has about 100 bytes and takes 768 of memory, so at a
 * sixteenth of the buffer it is at most half full.
 */
export function drainThreshold(): number {
	const buffer = Number(readFileSync('/proc/sys/net/core/wmem_default', 'utf8'));
	return Math.max(Math.floor(buffer / 16), 4096);
}

/**
 * Keeps the socket of a frozen service from filling up: moves what waits to the stash before the daemon must
 * queue in its own memory, where dbus-daemon stalls senders at 127 MiB and dbus-broker disconnects them at their
 * quota. A timer looks: no event tells of a held socket in Node without changing its flags for the service.
 */
export class Drain {
	readonly #options: Required<Omit<DrainOptions, 'onChange'>>;
	readonly #onChange: (state: DrainState) => void;
	#state: DrainState = 'stopped';
	#timer: NodeJS.Timeout | undefined;
	#pauseMs = shortestMs;

	constructor({reader, stash, onChange, threshold, limit}: DrainOptions) {
		this.#options = {
			reader,
			stash,
			threshold: threshold ?? drainThreshold(),
			limit: limit ?? stashLimitBytes,
		};
		this.#onChange = onChange ?? (() => {});
	}

	get state(): DrainState {
		return this.#state;
	}

	/** Why the disk takes no more, while the state is `disk-full`. */
	get fault(): Fault | undefined {
		return this.#options.stash.fault;
	}

	start(): void {
		if (this.#timer) return;
		this.#change('watching');
		this.#schedule(0);
	}

	/** From now on nothing is taken; the half of a message may be left in the reader. */
	stop(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.#state !== 'ended') this.#change('stopped');
	}

	#schedule(milliseconds: number): void {
		this.#timer = setTimeout(() => this.#look(), milliseconds);
	}

	#look(): void {
		const next = this.#step();
		if (next !== undefined && this.#timer) this.#schedule(next);
	}

	/** @returns milliseconds until the next look; undefined: never again. */
	#step(): number | undefined {
		const {reader, stash, threshold, limit} = this.#options;
		if (stash.fault && !stash.flush()) return this.#rest('disk-full', retryMs);
		const waiting = unreadBytes(reader.fd);
		const hungUp = isHungUp(reader.fd);
		const wanted = waiting >= threshold || (reader.partial > 0 && waiting > 0) || hungUp;
		if (!wanted) {
			this.#pauseMs = Math.min(this.#pauseMs * 2, longestMs);
			return this.#rest('watching', this.#pauseMs);
		}
		if (stash.bytes + waiting > limit && !hungUp) return this.#rest('limit', longestMs);
		this.#pauseMs = shortestMs;
		const taken = this.#take();
		if (taken === 0 && reader.ended) return this.#rest('ended', undefined);
		if (taken === 0 && reader.waits) return this.#rest('descriptors', longestMs);
		if (stash.fault) return this.#rest('disk-full', retryMs);
		this.#state = 'draining';
		if (taken > 0) this.#onChange(this.#state);
		return unreadBytes(reader.fd) >= threshold ? 0 : shortestMs;
	}

	/** @returns how many messages went to the stash. */
	#take(): number {
		const {reader, stash} = this.#options;
		try {
			const messages = reader.read();
			stash.appendAll(messages);
			return messages.length;
		} catch (error) {
			if (!(error instanceof HeldStreamError)) throw error;
			// The service had read the first half of a message: what follows is kept as it is.
			reader.readOpaque();
			const piece = reader.takePartial();
			if (piece) stash.append(piece);
			return 1;
		}
	}

	#rest(state: DrainState, milliseconds: number | undefined): number | undefined {
		this.#change(state);
		return milliseconds;
	}

	#change(state: DrainState): void {
		if (state === this.#state) return;
		this.#state = state;
		this.#onChange(state);
	}
}

/** Whether any message that waits carries descriptors. A peek goes no further than the first that does. */
export function descriptorsWait(fd: number): boolean {
	return (peek(fd)?.fdCount ?? 0) > 0;
}

/**
 * Before a dump: if a message with descriptors waits unread, moves all that waits to the stash, because CRIU
 * dumps such a queue and then cannot restore it. The service must not be able to run, or it would read on
 * behind the gap; if the freeze is aborted, put everything back (PutBack) before it runs again. One may still
 * arrive before CRIU looks: ask `descriptorsWait` at post-dump, where an abort is still possible.
 * @returns how many messages were moved; 0: nothing had to be.
 */
export function drainForDump(reader: HeldReader, stash: Stash): number {
	if (!descriptorsWait(reader.fd)) return 0;
	let moved = 0;
	for (const messages of reader.readAll()) {
		stash.appendAll(messages);
		moved += messages.length;
	}
	return moved;
}
