import {unreadBytes} from '../../kernel/socket.js';
import {peek} from '../../kernel/socket-messages.js';
import {WireError} from '../wire/error.js';
import {fixedHeaderBytes, frameSize} from '../wire/frame.js';
import {headerBytes, type StashedSummary, summarise} from './stash-summary.js';

/** A peek copies what waits; the drain leaves no more than about 1 MiB in a socket. */
const mostPeekedBytes = 2 * 1024 * 1024;

/** What waits in a held socket itself. */
export interface InSocket {
	bytes: number;
	messages: number;
	/** False: there are more messages than could be counted, because of their number or of descriptors among them. */
	isComplete: boolean;
}

/** Counts the messages in a socket without taking them. A half-read or half-arrived one counts as none. */
export function countInSocket(fd: number): InSocket {
	const bytes = unreadBytes(fd);
	if (bytes === 0) return {bytes, messages: 0, isComplete: true};
	const head = peekHead(fd, bytes);
	return {bytes, messages: framesIn(head).length, isComplete: head.length >= bytes};
}

/** What the messages in a socket are, without taking them; `index` counts from `firstIndex`, `at` is unknown (0). */
export function summariesInSocket(fd: number, firstIndex: number, count: number): StashedSummary[] {
	const head = peekHead(fd, unreadBytes(fd));
	return framesIn(head)
		.slice(0, count)
		.map(([start, size], index) => {
			const frame = head.subarray(start, start + size);
			return summarise(frame.subarray(0, headerBytes(frame)), {
				index: firstIndex + index,
				at: 0,
				size,
				fds: 0,
			});
		});
}

function peekHead(fd: number, bytes: number): Buffer {
	if (bytes === 0) return Buffer.alloc(0);
	return peek(fd, Math.min(bytes, mostPeekedBytes))?.data ?? Buffer.alloc(0);
}

/** Start and size of each whole frame; none from the first bytes on that are no frame. */
function framesIn(head: Buffer): Array<[start: number, size: number]> {
	const frames: Array<[number, number]> = [];
	try {
		for (let start = 0; start + fixedHeaderBytes <= head.length; ) {
			const size = frameSize(head.subarray(start, start + fixedHeaderBytes), 0);
			if (start + size > head.length) break;
			frames.push([start, size]);
			start += size;
		}
	} catch (error) {
		if (!(error instanceof WireError)) throw error;
	}
	return frames;
}

/** Whether any message that waits carries descriptors. A peek goes no further than the first that does. */
export function descriptorsWait(fd: number): boolean {
	return unreadBytes(fd) > 0 && (peek(fd)?.fdCount ?? 0) > 0;
}
