import type {Credentials} from '../context/model.js';
import {maskField, parseStatus, type Status} from './status.js';

/** Whose process it is, by the text of /proc/PID/status. Ids are those of our user namespace. */
export function parseCredentials(text: string): Credentials | undefined {
	return credentialsOf(parseStatus(text));
}

export const capabilitySets = ['capEff', 'capPrm', 'capInh', 'capBnd', 'capAmb'] as const;

/** The lines Uid and Gid hold: real, effective, saved, file system. Undefined where one is missing. */
export function credentialsOf(status: Status): Credentials | undefined {
	const numbers = (name: string): number[] =>
		(status.get(name) ?? '').split(/\s+/).filter(Boolean).map(Number);
	const [uid, euid, suid, fsuid] = numbers('Uid');
	const [gid, egid, sgid, fsgid] = numbers('Gid');
	if (uid === undefined || euid === undefined || gid === undefined || egid === undefined) return undefined;
	const credentials: Credentials = {uid, euid, gid, egid, groups: numbers('Groups')};
	Object.assign(credentials, defined({suid, fsuid, sgid, fsgid}));
	for (const set of capabilitySets) {
		const mask = maskField(status, `C${set.slice(1)}`);
		if (mask !== undefined) credentials[set] = mask;
	}
	const noNewPrivs = status.get('NoNewPrivs');
	if (noNewPrivs !== undefined) credentials.noNewPrivs = noNewPrivs === '1';
	return credentials;
}

function defined(fields: Record<string, number | undefined>): Record<string, number> {
	return Object.fromEntries(
		Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
	);
}
