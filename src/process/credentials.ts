import type {Credentials} from '../context/model.js';
import {readText} from './read.js';

/** Whose process it is, from /proc/PID/status. Group ids and user ids are those of our user namespace. */
export function readCredentials(pid: number): Credentials | undefined {
	const status = readText(`/proc/${pid}/status`);
	return status === undefined ? undefined : parseCredentials(status);
}

/** The lines Uid and Gid hold: real, effective, saved, file system. */
export function parseCredentials(status: string): Credentials | undefined {
	const field = (name: string): string[] | undefined =>
		status
			.match(new RegExp(`^${name}:(.*)$`, 'm'))?.[1]
			?.trim()
			.split(/\s+/);
	const [uid, euid] = (field('Uid') ?? []).map(Number);
	const [gid, egid] = (field('Gid') ?? []).map(Number);
	if (uid === undefined || euid === undefined || gid === undefined || egid === undefined) return undefined;
	const capEff = field('CapEff')?.[0];
	return {
		uid,
		euid,
		gid,
		egid,
		groups: (field('Groups') ?? []).filter(Boolean).map(Number),
		...(capEff === undefined ? {} : {capEff: `0x${BigInt(`0x${capEff}`).toString(16)}`}),
	};
}
