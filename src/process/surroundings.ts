import {lstatSync, readdirSync} from 'node:fs';
import {ifReadable, readText} from './read.js';

/** The cgroup v2 mount of systemd machines, and where a hybrid one has it. */
const cgroupMounts = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];

/**
 * Other processes of the same service unit, by their pids: they stay behind when only this tree is frozen. A unit that
 * we are in ourselves is no service's own.
 */
export function neighboursOf(pid: number, tree: ReadonlySet<number>): number[] {
	const text = readText(`/proc/${pid}/cgroup`) ?? '';
	const folders = [...text.matchAll(/^\d+:(?:name=systemd)?:(\/.*\.service)(?:\/.*)?$/gm)].flatMap(
		([, folder = '']) => cgroupMounts.map((mount) => `${mount}${folder}`),
	);
	const found = new Set(folders.flatMap(processesIn));
	return found.has(process.pid) ? [] : [...found].filter((other) => !tree.has(other)).sort((a, b) => a - b);
}

/** Of a cgroup and all below it. */
function processesIn(folder: string): number[] {
	const own = readText(`${folder}/cgroup.procs`);
	if (own === undefined) return [];
	const below = ifReadable(() => readdirSync(folder, {withFileTypes: true})) ?? [];
	return [
		...own.split('\n').filter(Boolean).map(Number),
		...below.flatMap((entry) => (entry.isDirectory() ? processesIn(`${folder}/${entry.name}`) : [])),
	];
}

/** What a criu in the mount namespace of `pid` needs there and would not find. */
export function lackingInside(pid: number): string[] {
	// A link that leads nowhere for us: in another pid namespace's /proc, we are nobody.
	return ['/bin/sh', '/proc/self'].filter((file) => !isThere(`/proc/${pid}/root${file}`));
}

function isThere(file: string): boolean {
	return lstatSync(file, {throwIfNoEntry: false}) !== undefined;
}
