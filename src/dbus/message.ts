import type {TrafficMessage} from './types.js';
import {field, type Header} from './wire/header.js';

/** A message as plain data; texts are as received. */
export function describeMessage(header: Header, index: number, at: number): TrafficMessage {
	const message: TrafficMessage = {
		index,
		at,
		type: header.type ?? 'signal',
		serial: header.serial,
		fds: header.fds,
		size: header.end - header.start,
		noReply: header.noReply,
	};
	if (header.replySerial !== 0) message.replySerial = header.replySerial;
	for (const [key, code] of textFields) {
		const text = header.text(code);
		if (text !== undefined) message[key] = text;
	}
	return message;
}

const textFields = [
	['sender', field.sender],
	['destination', field.destination],
	['path', field.path],
	['interface', field.interface],
	['member', field.member],
	['errorName', field.errorName],
	['signature', field.signature],
] as const;
