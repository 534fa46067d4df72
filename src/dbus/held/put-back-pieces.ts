import {sendWithFds} from '../../kernel/socket-messages.js';
import type {HeldMessage} from './reader.js';

/** The kernel copies so much in about 0.05 ms (0.3 ms where it must first find the memory): the pace of looking at the clock. */
const pieceBytes = 128 * 1024;

/** What goes into one sendmsg. Many small messages go together: the kernel's cost of each is several times its bytes. */
export interface Piece {
	data: Buffer;
	/** Descriptors for the first of the bytes. */
	fds: readonly number[];
	/** Messages that are wholly in the socket when this piece is. */
	messages: number;
}

/** Cuts messages into pieces. Descriptors go with the first bytes of their own message, as its sender sent them. */
export function piecesOf(messages: readonly HeldMessage[]): Piece[] {
	const pieces: Piece[] = [];
	let small: Buffer[] = [];
	let smallBytes = 0;
	const endSmall = () => {
		if (small.length === 0) return;
		pieces.push({data: Buffer.concat(small, smallBytes), fds: [], messages: small.length});
		small = [];
		smallBytes = 0;
	};
	for (const {bytes, fds} of messages) {
		const isAlone = fds.length > 0 || bytes.length >= pieceBytes;
		if (isAlone || smallBytes + bytes.length > pieceBytes) endSmall();
		if (isAlone) {
			pieces.push(...slices(bytes, fds));
		} else {
			small.push(bytes);
			smallBytes += bytes.length;
		}
	}
	endSmall();
	return pieces;
}

function slices(bytes: Buffer, fds: readonly number[]): Piece[] {
	const pieces: Piece[] = [];
	for (let start = 0; start < bytes.length; start += pieceBytes) {
		const data = bytes.subarray(start, start + pieceBytes);
		const isLast = start + pieceBytes >= bytes.length;
		pieces.push({data, fds: start === 0 ? fds : [], messages: isLast ? 1 : 0});
	}
	return pieces;
}

/** Puts one piece wholly into a socket. @throws SystemCallError EAGAIN: there is no room; `taken` bytes are in it. */
export function sendPiece(fd: number, {data, fds}: Piece, taken: (bytes: number) => void): void {
	for (let done = 0; done < data.length; ) {
		const sent = sendWithFds(fd, data.subarray(done), done === 0 ? fds : []);
		done += sent;
		taken(sent);
	}
}
