import {readText} from './read.js';

/** What /proc/PID/limits calls each resource, in the order of RLIMIT_… in <asm-generic/resource.h>. */
export const limitNames: readonly string[] = [
	'cpu time',
	'file size',
	'data size',
	'stack size',
	'core file size',
	'resident set',
	'processes',
	'open files',
	'locked memory',
	'address space',
	'file locks',
	'pending signals',
	'msgqueue size',
	'nice priority',
	'realtime priority',
	'realtime timeout',
];

export type Limits = Record<string, readonly [soft: string, hard: string]>;

/** Name (without "Max") → soft and hard limit. */
export function readLimits(pid: number): Limits | undefined {
	const text = readText(`/proc/${pid}/limits`);
	return text === undefined ? undefined : parseLimits(text);
}

export function parseLimits(text: string): Limits {
	const limits: Limits = {};
	for (const line of text.split('\n')) {
		const [, name, soft, hard] = /^Max (.+?) {2,}(\S+) +(\S+)/.exec(line) ?? [];
		if (name !== undefined && soft !== undefined && hard !== undefined) limits[name] = [soft, hard];
	}
	return limits;
}
