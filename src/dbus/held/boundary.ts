import {peek} from '../../kernel/socket-messages.js';
import {WireError} from '../wire/error.js';
import {fixedHeaderBytes, frameSize, isLittleEndian, readUint32} from '../wire/frame.js';

/** D-Bus 1 knows the types 1–4. */
const lastType = 4;

/**
 * Whether what waits in a held socket begins with a message. It does not when the service was stopped after
 * reading a part of one; then nothing can be taken out of its queue, so nothing may be put in that it must not
 * see: no names may be taken over. An empty queue counts as a beginning: a daemon that is alive sends the
 * rest of a message at once. Only looks.
 */
export function beginsWithMessage(fd: number): boolean {
	const head = peek(fd, fixedHeaderBytes)?.data;
	if (head === undefined || head.length === 0) return true;
	if (head.length < fixedHeaderBytes) return false;
	try {
		frameSize(head, 0);
		const serial = readUint32(head, 8, isLittleEndian(head[0]));
		return serial !== 0 && (head[1] as number) <= lastType;
	} catch (error) {
		if (error instanceof WireError) return false;
		throw error;
	}
}
