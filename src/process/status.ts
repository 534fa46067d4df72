import {readText} from './read.js';

/** The fields of a /proc/…/status file by name; values without the white space around them. */
export type Status = ReadonlyMap<string, string>;

/** @param folder /proc/PID or /proc/PID/task/TID. Undefined when it is gone. */
export function readStatus(folder: string): Status | undefined {
	const text = readText(`${folder}/status`);
	return text === undefined ? undefined : parseStatus(text);
}

export function parseStatus(text: string): Status {
	const fields = new Map<string, string>();
	for (const line of text.split('\n')) {
		const colon = line.indexOf(':');
		if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
	}
	return fields;
}

/** A mask of 16 hex digits as our snapshots write it: `0x…` without leading zeros. */
export function maskField(status: Status, name: string): string | undefined {
	const digits = status.get(name);
	return digits === undefined ? undefined : `0x${BigInt(`0x${digits}`).toString(16)}`;
}
