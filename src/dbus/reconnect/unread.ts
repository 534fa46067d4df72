import type {HeldMessage} from '../held/reader.js';
import {WireError} from '../wire/error.js';
import {fixedHeaderBytes, frameSize} from '../wire/frame.js';
import {Header} from '../wire/header.js';

/**
 * The messages in bytes that a service had not read from its lost connection. What they carried is lost. A last
 * one whose end never came is left out: on a new connection it would never come. Bytes that do not begin with a
 * message are the end of one whose beginning the service has read: all of them are kept as they are.
 */
export function unreadMessages(bytes: Buffer, at: number): HeldMessage[] {
	const messages: HeldMessage[] = [];
	const header = new Header();
	try {
		for (let start = 0; start + fixedHeaderBytes <= bytes.length; ) {
			const size = frameSize(bytes.subarray(start, start + fixedHeaderBytes), 0);
			if (start + size > bytes.length) break;
			const {fds} = header.load(bytes, start, start + size);
			const frame = bytes.subarray(start, start + size);
			messages.push({bytes: frame, fds: [], at, ...(fds > 0 ? {lostFds: fds} : {})});
			start += size;
		}
	} catch (error) {
		if (!(error instanceof WireError)) throw error;
		return [{bytes, fds: [], at, opaque: true}];
	}
	return messages;
}
