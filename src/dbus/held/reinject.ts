import {fstatSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as delay, setImmediate as nextTurn} from 'node:timers/promises';
import {Fault} from '../../common/fault.js';
import {closeFd} from '../../kernel/descriptor.js';
import {SystemCallError} from '../../kernel/errors.js';
import {withoutPreemption} from '../../kernel/scheduling.js';
import {receiveWithFds} from '../../kernel/socket-messages.js';
import {type DaemonEnd, openDaemonEnd, requireDaemonEnd} from './daemon-end.js';
import {whileDaemonStands} from './daemon-stop.js';
import {type Piece, piecesOf, sendPiece} from './put-back-pieces.js';
import {removePutBackRecord, writePutBackRecord} from './put-back-record.js';
import type {HeldMessage, HeldReader} from './reader.js';
import {memoryRatio, SendRoom, smallestMemory, socketCapacity} from './send-room.js';
import type {Stash} from './stash.js';
import type {StashedSummary} from './stash-summary.js';

/** After so long in a stop no further piece is begun, milliseconds: with the last one and the release it stays under 5 ms even
 * where memory is slow to get. */
const budgetMs = 3;
/** Bytes prepared for one stop; more than a stop takes. */
const chunkBytes = 8 * 1024 * 1024;
/** More are prepared when fewer are left; a stop takes about so many. */
const fewPieces = 16;
/** Of 4 MiB each; a busy daemon could keep us reading for ever. */
const mostBatches = 8;
/** How often we begin anew when the daemon has written in between, which it should not be able to. */
const attempts = 3;
/** Share of the machine's (or cgroup's) available memory that the kernel's queue may take. */
const memoryShare = 0.8;
/** Bytes read back in one turn of the event loop, when a thaw is aborted. */
const takeBackBytes = 8 * 1024 * 1024;

const frozen = {processState: 'frozen'} as const;

export interface PutBackOptions {
	reader: HeldReader;
	stash: Stash;
	/** Where to look first for the daemon. */
	daemonPid?: number;
	/**
	 * Given the messages that still arrive: returns those that are kept. The others have had their fate (refused,
	 * noise), and their descriptors are closed. Runs while the daemon stands, so it must not wait for anything.
	 */
	keep?: (messages: HeldMessage[]) => HeldMessage[];
	/** Which messages of the stash still make sense to the service, by message and place; all by default. */
	isWanted?: (message: HeldMessage, index: number) => boolean;
}

export interface PutBackResult {
	messages: number;
	bytes: number;
	/** How long the daemon stood, each time, in milliseconds; none: nothing had to be put back. */
	stops: number[];
	/** Left out, because their descriptors are lost: a library ends its connection at such a message. */
	undeliverable: StashedSummary[];
	/** Left out, because they make no sense any more. */
	unwanted: number;
}

/**
 * Puts the messages of a stash back into the socket of a frozen service, in order and before whatever comes
 * later, by writing to a duplicate of the daemon's end while the daemon stands still.
 *
 * A large stash takes many short stops. Between them the send buffer is so small that the daemon finds the
 * socket full and queues in its own memory, so nothing comes between. No one reads meanwhile: the kernel's
 * count of queued memory must not have changed from one stop to the next, which is checked.
 * A message that has arrived by half is put back last; the daemon then goes on with its other half.
 *
 * The stash stays as it is until `finish`, so that an abort (`takeBack`), or the end of this process, leaves
 * every message in it. See PutBackRecord for what that means.
 */
export class PutBack {
	readonly #options: PutBackOptions;
	/** Bytes that we have put into the socket. */
	#bytesIn = 0;
	/** Messages of the stash that are in the socket or left out. */
	#done = 0;
	/** The first half of a message, whose other half is still in the daemon. */
	#partial: HeldMessage | undefined;
	#partialPrepared = false;
	#stops: number[] = [];
	#undeliverable: StashedSummary[] = [];
	#unwanted = 0;
	/** Not yet in the socket, in order; they follow each other and `#done`. */
	#pieces: Piece[] = [];
	/** First message of the stash that is not in `#pieces`. */
	#prepared = 0;
	/** The kernel's count at the end of the last stop; undefined: the daemon may have written since. */
	#used: number | undefined;

	constructor(options: PutBackOptions) {
		this.#options = options;
	}

	/**
	 * Puts everything back. Call it when nothing of the service can run yet; a long one gives other work a turn.
	 * Does nothing when the stash is empty: what waits in the socket itself stays there. On failure everything
	 * has been taken back into the stash.
	 * @throws Fault `daemon-unstoppable`; `stash-too-large`; `hold-lost`: the daemon has closed the connection.
	 */
	async run(): Promise<PutBackResult> {
		const {reader, stash, daemonPid} = this.#options;
		if (stash.count === 0 && reader.partial === 0) return this.#result();
		this.#takeMost();
		this.#requireCapacity();
		const end = openDaemonEnd(reader.fd, daemonPid);
		if (!end)
			throw new Fault('hold-lost', {checkpoint: path.dirname(stash.dir), reason: 'daemon-gone'}, frozen);
		const room = new SendRoom(end.fd);
		try {
			for (let attempt = 1; !(await this.#putAll(end, room)); attempt++) {
				await this.takeBack();
				if (attempt === attempts) throw unstoppable(end.pid, 'changed');
			}
		} catch (error) {
			room.restore();
			await this.takeBack();
			throw error;
		} finally {
			room.restore();
			closeFd(end.fd);
		}
		return this.#result();
	}

	/**
	 * The thaw was aborted and the service has not run: brings everything back into the stash (and the half of a
	 * message into the reader). What the daemon has written since stays in the socket, behind.
	 */
	async takeBack(): Promise<void> {
		const {reader, stash} = this.#options;
		for (let turn = 0; this.#bytesIn > 0; ) {
			const received = receiveWithFds(reader.fd, Math.min(this.#bytesIn, 1024 * 1024));
			if (!received || received.data.length === 0) break;
			this.#bytesIn -= received.data.length;
			turn += received.data.length;
			// The stash has its own duplicates.
			for (const fd of received.fds) closeFd(fd);
			if (turn < takeBackBytes) continue;
			turn = 0;
			await nextTurn();
		}
		if (this.#partial) reader.returnPartial(this.#partial);
		this.#partial = undefined;
		this.#bytesIn = 0;
		this.#restart();
		removePutBackRecord(stash.dir);
	}

	/** The service runs, so it has or will read everything: empties the stash. */
	finish(): void {
		const {stash} = this.#options;
		for (const fd of this.#partial?.fds ?? []) closeFd(fd);
		this.#partial = undefined;
		this.#bytesIn = 0;
		stash.clear();
		removePutBackRecord(stash.dir);
	}

	#restart(): void {
		this.#done = 0;
		this.#prepared = 0;
		this.#pieces = [];
		this.#partialPrepared = false;
		this.#undeliverable = [];
		this.#unwanted = 0;
		this.#used = undefined;
	}

	/** While the daemon runs, so that little is left to be read when it stands. */
	#takeMost(): void {
		const {reader, stash, keep} = this.#options;
		let batches = 0;
		for (const messages of reader.readAll()) {
			stash.appendAll(keep ? keep(messages) : messages);
			if (++batches === mostBatches) break;
		}
	}

	/** @returns false when the daemon has written in between: then what is in the socket is out of order. */
	async #putAll(end: DaemonEnd, room: SendRoom): Promise<boolean> {
		const {stash, reader} = this.#options;
		const socket = fstatSync(reader.fd).ino;
		this.#restart();
		writePutBackRecord(stash.dir, {complete: false, socket});
		for (let complete = false; !complete; ) {
			if (this.#pieces.length < fewPieces) this.#prepare();
			const {result, stoppedMs} = withoutPreemption(() =>
				whileDaemonStands(end.pid, (elapsedMs) => {
					requireDaemonEnd(end);
					return this.#putSome(end.fd, room, elapsedMs);
				}),
			);
			this.#stops.push(stoppedMs);
			if (result === 'disturbed') return false;
			complete = result === 'complete';
			// What arrived during the stop is in memory only so far.
			stash.flush();
			// The daemon gets at least a third of the time.
			if (!complete) await delay(Math.max(1, stoppedMs / 2));
		}
		writePutBackRecord(stash.dir, {complete: true, socket});
		return true;
	}

	/** All that happens in one stop. */
	#putSome(fd: number, room: SendRoom, elapsedMs: () => number): 'complete' | 'more' | 'disturbed' {
		if (this.#used === undefined) this.#takeLatest();
		else if (room.used !== this.#used) return 'disturbed';
		room.raise();
		try {
			for (;;) {
				if (this.#pieces.length === 0 && !room.closes) this.#prepare();
				const [piece] = this.#pieces;
				if (!piece || (elapsedMs() > budgetMs && room.closes)) break;
				this.#put(fd, piece);
				this.#pieces.shift();
				this.#done += piece.messages;
			}
		} finally {
			room.restore();
		}
		if (this.#pieces.length === 0 && this.#allPrepared) return 'complete';
		// Full for the daemon until the next stop: `closes` was waited for.
		room.lower();
		this.#used = room.used;
		return 'more';
	}

	/** The daemon stands, and the socket is emptied: from now on everything that it will ever write comes later. */
	#takeLatest(): void {
		const {reader, stash, keep} = this.#options;
		const hadPreparedAll = this.#prepared === stash.count;
		for (const messages of reader.readAll()) stash.keep(keep ? keep(messages) : messages);
		this.#partial = reader.takePartial();
		// These are in memory, no disk is waited for. If there is more before them, it is the next chunk's turn.
		if (hadPreparedAll) while (!this.#allPrepared) this.#prepare();
	}

	/** Nothing but `#pieces` remains to be put into the socket. */
	get #allPrepared(): boolean {
		return this.#prepared === this.#options.stash.count && (!this.#partial || this.#partialPrepared);
	}

	/** Cuts the next chunk into pieces; from disk, so beforehand: nothing should wait for a disk while the daemon stands. */
	#prepare(): void {
		const {stash} = this.#options;
		const messages = stash.read(this.#prepared, chunkBytes);
		const deliverable = messages.filter((message, index) => {
			if (this.#options.isWanted?.(message, this.#prepared + index) === false) {
				this.#unwanted++;
				return false;
			}
			if (!message.lostFds) return true;
			this.#undeliverable.push(...stash.summaries(this.#prepared + index, 1));
			return false;
		});
		this.#prepared += messages.length;
		this.#pieces.push(...piecesOf(deliverable));
		if (this.#prepared < stash.count || !this.#partial || this.#partialPrepared) return;
		this.#partialPrepared = true;
		// Half a message counts as none.
		if (this.#partial.bytes.length > 0)
			this.#pieces.push(...piecesOf([this.#partial]).map((piece) => ({...piece, messages: 0})));
	}

	#put(fd: number, piece: Piece): void {
		try {
			sendPiece(fd, piece, (bytes) => {
				this.#bytesIn += bytes;
			});
		} catch (error) {
			if (!(error instanceof SystemCallError && error.code === 'EAGAIN')) throw error;
			throw this.#tooLarge(this.#bytesIn);
		}
	}

	#requireCapacity(): void {
		const {stash, reader} = this.#options;
		const memory = Math.min(socketCapacity, process.availableMemory() * memoryShare);
		const withFds = stash.descriptors * smallestMemory;
		const capacity = Math.max(Math.floor((memory - withFds) / memoryRatio), 0);
		if (stash.bytes + reader.partial > capacity) throw this.#tooLarge(capacity);
	}

	#tooLarge(capacity: number): Fault<'stash-too-large'> {
		return new Fault(
			'stash-too-large',
			{bytes: this.#options.stash.bytes, capacity},
			{processState: 'frozen'},
		);
	}

	#result(): PutBackResult {
		return {
			messages: this.#done,
			bytes: this.#bytesIn,
			stops: this.#stops,
			undeliverable: this.#undeliverable,
			unwanted: this.#unwanted,
		};
	}
}

function unstoppable(pid: number, reason: string): Fault<'daemon-unstoppable'> {
	return new Fault('daemon-unstoppable', {pid, reason}, frozen);
}
