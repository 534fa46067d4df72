import type {MessageType} from '../types.js';
import {WireError} from '../wire/error.js';
import {fixedHeaderBytes, isLittleEndian, readUint32} from '../wire/frame.js';
import {field, Header} from '../wire/header.js';

/** What a waiting message is, without its body. Strings are as received: escape before printing. */
export interface StashedSummary {
	/** Its place in the stash, from 0. */
	index: number;
	/** When it was taken from the socket, milliseconds since the epoch. */
	at: number;
	/** Bytes of the whole message. */
	size: number;
	/** Absent: a piece of a stream whose messages cannot be told apart. */
	type?: MessageType;
	serial?: number;
	replySerial?: number;
	sender?: string;
	destination?: string;
	path?: string;
	interface?: string;
	member?: string;
	errorName?: string;
	/** Descriptors that it has now. */
	fds: number;
	/** Descriptors that it came with and that are lost; such a message cannot be delivered any more. */
	lostFds: number;
}

const texts = [
	['sender', field.sender],
	['destination', field.destination],
	['path', field.path],
	['interface', field.interface],
	['member', field.member],
	['errorName', field.errorName],
] as const;

/** How many bytes at the beginning of a message are its header; `start` has at least its first 16. */
export function headerBytes(start: Buffer): number {
	const fields = readUint32(start, fixedHeaderBytes - 4, isLittleEndian(start[0]));
	return fixedHeaderBytes + Math.ceil(fields / 8) * 8;
}

/** @param header the message's header alone, or with (some of) its body. */
export function summarise(
	header: Buffer,
	facts: Pick<StashedSummary, 'index' | 'at' | 'size' | 'fds'>,
): StashedSummary {
	const summary: StashedSummary = {...facts, lostFds: 0};
	try {
		const parsed = new Header().load(header, 0, header.length);
		if (parsed.type === undefined) return summary;
		summary.type = parsed.type;
		summary.serial = parsed.serial;
		summary.lostFds = Math.max(parsed.fds - facts.fds, 0);
		if (parsed.replySerial !== 0) summary.replySerial = parsed.replySerial;
		for (const [name, code] of texts) {
			const text = parsed.text(code);
			if (text !== undefined) summary[name] = text;
		}
	} catch (error) {
		if (!(error instanceof WireError)) throw error;
	}
	return summary;
}
