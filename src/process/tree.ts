import {readdirSync} from 'node:fs';
import {type ProcStat, readStat} from '../kernel/proc-stat.js';
import {ifReadable, readText} from './read.js';

export {isSameProcess, startTime} from '../kernel/proc-stat.js';

/** How often a list of children is read again until two readings agree. */
const READINGS = 5;

/** Thread ids of a process: the main thread, whose id is the pid, then the others ascending. */
export function threadIds(pid: number): number[] {
	const names = ifReadable(() => readdirSync(`/proc/${pid}/task`)) ?? [];
	return names.map(Number).sort((a, b) => Number(b === pid) - Number(a === pid) || a - b);
}

/**
 * The process `root` and all its descendants, parents before children. Zombies are among them (state Z).
 * Processes that vanish while we look are left out, and so are those that were given to another parent.
 */
export function processTree(root: number): ProcStat[] {
	const first = readStat(root);
	if (!first) return [];
	const tree = [first];
	const seen = new Set([root]);
	// The list grows while we walk it: breadth first.
	for (const {pid} of tree) {
		for (const child of childrenOf(pid)) {
			if (seen.has(child)) continue;
			seen.add(child);
			const stat = readStat(child);
			if (stat) tree.push(stat);
		}
	}
	return tree;
}

/** The children of all threads. While children come and go, one reading may miss some: read until stable. */
function childrenOf(pid: number): number[] {
	let previous = '';
	for (let reading = 0; reading < READINGS; reading++) {
		const text = threadIds(pid)
			.map((tid) => readText(`/proc/${pid}/task/${tid}/children`) ?? '')
			.join('');
		if (text === previous) break;
		previous = text;
	}
	return previous.split(' ').filter(Boolean).map(Number);
}
