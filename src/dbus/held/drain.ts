import type {Fault} from '../../common/fault.js';
import {closeFd, readableWithin} from '../../kernel/descriptor.js';
import {withoutPreemption} from '../../kernel/scheduling.js';
import {isHungUp, unreadBytes} from '../../kernel/socket.js';
import {type DaemonEnd, openDaemonEnd} from './daemon-end.js';
import {type HeldMessage, type HeldReader, HeldStreamError} from './reader.js';
import {memoryRatio, sendBuffer, setSendBuffer, socketCapacity} from './send-room.js';
import type {Stash} from './stash.js';

/** Between two looks at the socket, milliseconds: at once after it was busy, then rarer and rarer. */
const shortestMs = 1;
const longestMs = 100;
/** Send buffer of the daemon while its service is frozen, in bytes of memory. */
const roomBytes = 16 * 1024 * 1024;
/**
 * When so much waits, we get the CPU before ordinary processes, the daemon and the senders among them, which
 * on a busy machine would otherwise fill sockets and queues faster than we may empty them.
 */
const rushBytes = roomBytes / 4;
/** Bytes that may wait in our memory for a slow disk; there they are as safe as in the daemon's. */
const memoryBytes = 256 * 1024 * 1024;
/** Between two attempts to write to a disk that was full, milliseconds. */
const retryMs = 1000;
/** What can be put back at the thaw (`stash-too-large` beyond), less what arrives meanwhile. */
export const stashLimitBytes = Math.floor(socketCapacity / memoryRatio) - 256 * 1024 * 1024;

/**
 * `watching`: nothing waits; `draining`; `disk-full`, `limit` (the stash is as
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
	/** Where to look first for the daemon. */
	daemonPid?: number;
	/** Bytes that the stash may have; default `stashLimitBytes`. */
	limit?: number;
	/** Given what was read: returns what is to be stashed. The others have had their fate. */
	keep?: (messages: HeldMessage[]) => HeldMessage[];
	/** True: read nothing now, the messages' fate needs room that is not there. */
	isCongested?: () => boolean;
}

/**
 * Keeps the socket of a frozen service from filling up: moves what waits to the stash before the daemon must
 * queue in its own memory, where dbus-daemon stalls senders at 127 MiB and dbus-broker disconnects them at their
 * quota. dbus-daemon reads a whole message in the time in which it writes one socket buffer, so the usual 208 KiB
 * would make its queue grow however quickly we read: the buffer is 16 MiB meanwhile.
 * A timer looks: no event tells of a held socket in Node without changing its flags for the service.
 */
export class Drain {
	readonly #options: DrainOptions & {limit: number};
	readonly #onChange: (state: DrainState) => void;
	#state: DrainState = 'stopped';
	#timer: NodeJS.Timeout | undefined;
	#isRunning = false;
	/** Grows with each wait: one that was ended early must not look. */
	#turn = 0;
	#isEager = false;
	#pauseMs = shortestMs;
	#narrow: () => void = unchanged;

	constructor(options: DrainOptions) {
		this.#options = {...options, limit: options.limit ?? stashLimitBytes};
		this.#onChange = options.onChange ?? (() => {});
	}

	get state(): DrainState {
		return this.#state;
	}

	/** Why the disk takes no more, while the state is `disk-full`. */
	get fault(): Fault | undefined {
		return this.#options.stash.fault;
	}

	/** Takes every message at once, because somebody waits for an answer; else some may wait for a tenth of a second. */
	set isEager(isEager: boolean) {
		this.#isEager = isEager;
		if (this.#isRunning) this.#waitFor(0);
	}

	start(): void {
		if (this.#isRunning) return;
		this.#isRunning = true;
		this.#narrow = widen(this.#options);
		this.#change('watching');
		this.#waitFor(0);
	}

	/** From now on nothing is taken, and the send buffer is as it was; the half of a message may be left in the reader. */
	stop(): void {
		clearTimeout(this.#timer);
		this.#turn++;
		this.#isRunning = false;
		this.#narrow();
		this.#narrow = unchanged;
		if (this.#state !== 'ended') this.#change('stopped');
	}

	/** Milliseconds; if eager, less when a message comes. */
	#waitFor(milliseconds: number): void {
		clearTimeout(this.#timer);
		const turn = ++this.#turn;
		const look = () => {
			if (turn === this.#turn) this.#look();
		};
		const isIdle = this.#isEager && this.#state === 'watching' && milliseconds > shortestMs;
		if (isIdle) void readableWithin(this.#options.reader.fd, milliseconds).then(look);
		else this.#timer = setTimeout(look, milliseconds);
	}

	#look(): void {
		const next = this.#step();
		if (next !== undefined && this.#isRunning) this.#waitFor(next);
	}

	/** @returns milliseconds until the next look; undefined: never again. */
	#step(): number | undefined {
		const {reader, stash, limit} = this.#options;
		// Asked always: answers that found no room go out when somebody asks.
		const isCongested = this.#options.isCongested?.() ?? false;
		if (stash.fault && !stash.flush()) return this.#rest('disk-full', retryMs);
		const waiting = unreadBytes(reader.fd);
		const hungUp = isHungUp(reader.fd);
		if (waiting === 0 && !hungUp) {
			this.#pauseMs = Math.min(this.#pauseMs * 2, longestMs);
			return this.#rest('watching', this.#pauseMs);
		}
		if (isCongested) return shortestMs;
		// The disk is slower than they come: the socket and then the daemon wait with us.
		if (stash.unwrittenBytes > memoryBytes) return shortestMs;
		if (stash.bytes + waiting > limit && !hungUp) return this.#rest('limit', longestMs);
		this.#pauseMs = shortestMs;
		const taken = waiting > rushBytes ? withoutPreemption(() => this.#take()) : this.#take();
		if (taken === 0 && reader.ended) return this.#rest('ended', undefined);
		if (taken === 0 && reader.waits) return this.#rest('descriptors', longestMs);
		this.#state = 'draining';
		if (taken > 0) this.#onChange(this.#state);
		return unreadBytes(reader.fd) > 0 ? 0 : shortestMs;
	}

	/** @returns how many messages went to the stash. */
	#take(): number {
		const {reader, stash, keep} = this.#options;
		try {
			const messages = reader.read();
			stash.keep(keep ? keep(messages) : messages);
			void stash.flushLater();
			return messages.length;
		} catch (error) {
			if (!(error instanceof HeldStreamError)) throw error;
			// The service had read the first half of a message: what follows is kept as it is.
			reader.readOpaque();
			const piece = reader.takePartial();
			if (piece) stash.keep([piece]);
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

/** Does nothing: the daemon's end cannot be found. */
const unchanged = () => {};

/**
 * Gives the daemon a send buffer of `roomBytes`. We keep nothing of the daemon's, so that its closing shows.
 * @returns the way back.
 */
function widen({reader, daemonPid}: DrainOptions): () => void {
	const original = onDaemonEnd(reader.fd, daemonPid, ({fd}) => {
		const before = sendBuffer(fd);
		setSendBuffer(fd, roomBytes);
		return before;
	});
	if (original === undefined) return unchanged;
	return () => onDaemonEnd(reader.fd, daemonPid, ({fd}) => setSendBuffer(fd, original));
}

/** Undefined: the daemon has closed it. */
function onDaemonEnd<Result>(
	heldFd: number,
	daemonPid: number | undefined,
	work: (end: DaemonEnd) => Result,
): Result | undefined {
	const end = openDaemonEnd(heldFd, daemonPid);
	if (!end) return undefined;
	try {
		return work(end);
	} finally {
		closeFd(end.fd);
	}
}
