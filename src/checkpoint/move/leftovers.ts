import fs from 'node:fs';
import path from 'node:path';
import {isAlive, startTime} from '../../kernel/proc-stat.js';

/**
 * A name for what is not finished yet, hidden and next to where it will be: `.LABEL.PID.START.part`. Whoever
 * comes later sees by it whether its maker still works on it.
 */
export function unfinishedName(folder: string, label: string): string {
	return path.join(folder, `.${label}.${process.pid}.${startTime(process.pid)}.part`);
}

/** Removes what a crash has left in this folder under this label. */
export function removeLeftovers(folder: string, label: string): void {
	for (const name of fs.readdirSync(folder)) {
		if (!name.startsWith(`.${label}.`)) continue;
		const [, pid, start] = /^\.(\d+)\.(\d+)\.part$/.exec(name.slice(label.length + 1)) ?? [];
		if (pid === undefined || start === undefined || isAlive(Number(pid), start)) continue;
		fs.rmSync(path.join(folder, name), {recursive: true, force: true});
	}
}

/** Waits until the names in this folder would survive a power cut. */
export function syncFolder(folder: string): void {
	const fd = fs.openSync(folder, 'r');
	try {
		fs.fsyncSync(fd);
	} finally {
		fs.closeSync(fd);
	}
}
