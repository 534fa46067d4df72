import {closeFd} from '../../kernel/descriptor.js';
import {unreadBytes} from '../../kernel/socket.js';
import {receiveWithFds} from '../../kernel/socket-messages.js';
import {WireError} from '../wire/error.js';
import {fixedHeaderBytes, frameSize, readUint32} from '../wire/frame.js';
import {Header} from '../wire/header.js';
import {ByteQueue} from './byte-queue.js';
import {descriptorArrived, mayHoldMoreDescriptors} from './descriptor-room.js';

/** One message that was taken from a held socket. Whoever has it is responsible for its descriptors. */
export interface HeldMessage {
	/** The whole frame; in an `opaque` one whatever bytes came. */
	bytes: Buffer;
	/** Close-on-exec duplicates that came with it. */
	fds: number[];
	/** How many more there were, that are lost: dropped by the kernel, or ended with the process that had them. */
	lostFds?: number;
	/** When we read it, milliseconds since the epoch. */
	at: number;
	/** No frame, but a piece of a stream whose frames cannot be told apart. */
	opaque?: true;
}

/** What waits is no sequence of D-Bus messages. What was read is not lost: `takePartial` has it. */
export class HeldStreamError extends Error {
	override name = 'HeldStreamError';
}

/** Bytes that one recvmsg asks for. The kernel queues pieces of at most about 36 KiB. */
const readBytes = 1024 * 1024;
/**
 * Bytes taken by one `read()`, so that nobody waits long for its end; a single message may be larger.
 * What waits beyond is there at the next call.
 */
const batchBytes = 4 * 1024 * 1024;

/** Descriptors as they arrived; the kernel drops those that this process may not open. */
interface Arrival {
	fds: number[];
	truncated: boolean;
}

/**
 * Reads the receive queue of a held socket frame by frame, and never blocks. The kernel ends a read behind
 * the first bytes that carry descriptors, so those belong to the first frame that asks for them, in order,
 * as every D-Bus library takes them.
 */
export class HeldReader {
	readonly fd: number;
	readonly #bytes = new ByteQueue();
	readonly #header = new Header();
	#arrivals: Arrival[] = [];
	#malformed: HeldStreamError | undefined;
	#opaque = false;
	#ended = false;
	#isFirst = true;

	/** @param fd our duplicate; it stays the caller's. */
	constructor(fd: number) {
		this.fd = fd;
	}

	/** Bytes that were taken from the socket and belong to no whole frame yet. */
	get partial(): number {
		return this.#bytes.length;
	}

	/** The daemon has closed its end, and everything it sent has been read. */
	get ended(): boolean {
		return this.#ended;
	}

	/** Something waits in the kernel. */
	get waits(): boolean {
		return !this.#ended && unreadBytes(this.fd) > 0;
	}

	/**
	 * Whole frames that wait now, at most about 4 MiB of them; none: no frame is complete, or this process is
	 * close to its limit of open descriptors (then `waits` stays true).
	 * @param useReserve read on in that case; what this process may not open is lost then (`lostFds`).
	 * @throws HeldStreamError when the next bytes begin no message; frames before them were returned earlier.
	 * @throws SystemCallError for what a socket itself may say (ECONNRESET).
	 */
	read(useReserve = false): HeldMessage[] {
		if (this.#malformed && !this.#opaque) throw this.#malformed;
		const messages: HeldMessage[] = [];
		for (let taken = 0; taken < batchBytes || messages.length === 0; ) {
			if (!useReserve && !mayHoldMoreDescriptors()) break;
			const wanted = Math.min(unreadBytes(this.fd), readBytes);
			// At least one byte, to be told of the end of the stream.
			const received = receiveWithFds(this.fd, Math.max(wanted, 1));
			if (!received) break;
			if (received.data.length === 0 && received.fds.length === 0) {
				this.#ended = true;
				break;
			}
			taken += received.data.length;
			this.#bytes.push(received.data);
			for (const fd of received.fds) descriptorArrived(fd);
			if (received.fds.length > 0 || received.fdsTruncated)
				this.#arrivals.push({fds: received.fds, truncated: received.fdsTruncated});
			this.#cut(messages);
			if (this.#malformed && !this.#opaque) break;
		}
		if (this.#malformed && !this.#opaque && messages.length === 0) throw this.#malformed;
		return messages;
	}

	/**
	 * From now on `read()` gives pieces of the stream as they come instead of frames: for a stream that does
	 * not begin at a frame (its service had read the first half of a message).
	 */
	readOpaque(): void {
		this.#opaque = true;
	}

	/** Everything that waits now to the last byte, frames or not, whatever it takes; for a daemon that stands still. */
	*readAll(): Generator<HeldMessage[]> {
		for (;;) {
			try {
				const messages = this.read(true);
				if (messages.length === 0) return;
				yield messages;
			} catch (error) {
				if (!(error instanceof HeldStreamError)) throw error;
				this.readOpaque();
			}
		}
	}

	/**
	 * Hands over what belongs to no whole frame, with the descriptors that came and were not asked for yet; the
	 * next bytes are then the rest of it, unless it is put back. Undefined: there is nothing.
	 */
	takePartial(): HeldMessage | undefined {
		const fds = this.#arrivals.flatMap((arrival) => arrival.fds);
		if (this.#bytes.length === 0 && fds.length === 0) return undefined;
		const bytes = this.#bytes.take(this.#bytes.length);
		this.#arrivals = [];
		return {bytes, fds, at: Date.now(), opaque: true};
	}

	/** The reverse of `takePartial`, also of one that was put into the socket and read back. */
	returnPartial({bytes, fds}: HeldMessage): void {
		this.#bytes.unshift(bytes);
		if (fds.length > 0) this.#arrivals.unshift({fds, truncated: false});
	}

	/** Closes descriptors that no frame has taken. The socket stays open. */
	close(): void {
		for (const fd of this.#arrivals.flatMap((arrival) => arrival.fds)) closeFd(fd);
		this.#arrivals = [];
	}

	#cut(into: HeldMessage[]): void {
		const at = Date.now();
		if (this.#opaque) {
			const piece = this.takePartial();
			if (piece) into.push(piece);
			return;
		}
		while (this.#bytes.length >= fixedHeaderBytes) {
			try {
				const start = this.#bytes.peek(fixedHeaderBytes);
				if (this.#isFirst) checkBeginning(start);
				const size = frameSize(start, 0);
				if (this.#bytes.length < size) return;
				// Its fields must be readable before it leaves the queue: else it is not a frame at all.
				const frame = this.#bytes.peek(size);
				const {fds} = this.#header.load(frame, 0, size);
				this.#bytes.take(size);
				this.#isFirst = false;
				into.push(message(frame, this.#takeDescriptors(fds), fds, at));
			} catch (error) {
				if (!(error instanceof WireError)) throw error;
				this.#malformed = new HeldStreamError(error.message, {cause: error});
				return;
			}
		}
	}

	#takeDescriptors(count: number): number[] {
		const taken: number[] = [];
		while (taken.length < count) {
			const first = this.#arrivals[0];
			if (!first) break;
			taken.push(...first.fds.splice(0, count - taken.length));
			if (first.fds.length > 0) break;
			this.#arrivals.shift();
			// What the kernel dropped were this frame's: the next arrival is for the next frame.
			if (first.truncated) break;
		}
		return taken;
	}
}

function message(bytes: Buffer, fds: number[], expected: number, at: number): HeldMessage {
	const lostFds = expected - fds.length;
	return {bytes, fds, at, ...(lostFds > 0 ? {lostFds} : {})};
}

/** D-Bus 1: message types 1–4, flags 1, 2 and 4. */
const lastType = 4;
const allFlags = 7;
/** A bus daemon writes fields of some hundred bytes; names and paths may have 255, a signature 255. */
const plausibleFieldBytes = 64 * 1024;

/**
 * The head of the queue is no frame's beginning when the service had read a part of a message. What follows
 * such a cut must not be taken for a header by chance, so the first header has to be one that a daemon writes.
 */
function checkBeginning(start: Buffer): void {
	const littleEndian = start[0] === 0x6c;
	const [, type = 0, flags = 0] = start;
	const fieldBytes = readUint32(start, 12, littleEndian);
	if (type > lastType || flags > allFlags || readUint32(start, 8, littleEndian) === 0)
		throw new WireError('no header of a message at the head of the queue');
	if (fieldBytes === 0 || fieldBytes > plausibleFieldBytes)
		throw new WireError(`first header with fields of ${fieldBytes} bytes`);
}
