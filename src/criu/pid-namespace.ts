import {readFileSync} from 'node:fs';
import path from 'node:path';
import {type Nest, nestTitle} from '../process/pid-namespace.js';

/** Where a criu goes that dumps a tree in a pid namespace of ours: descriptors of ours, by the kind of namespace. */
export interface EnteredPids {
	entered: ReadonlyArray<{kind: 'pid' | 'mnt'; ourFd: number}>;
}

/** What a restore makes for a tree whose numbers are not free here. */
export interface NewPids {
	nest: Nest;
	/** Numbers are given out there from the next one on. */
	last: number;
}

const program = path.resolve(import.meta.dirname, '../../data/pid-namespace.pl');

/** Our root, inside: see `data/pid-namespace.pl`. */
export const rootInside = '/proc/1/fd/3';

/**
 * The words before a command that is to run in that pid namespace, and in these other ones.
 * @param namespaces `KIND=FILE`.
 */
export function inPidNamespace(pids: EnteredPids | NewPids, namespaces: readonly string[]): string[] {
	const mode = 'entered' in pids ? ['enter'] : ['new', nestTitle(pids.nest), String(pids.last)];
	return ['perl', program, ...mode, ...namespaces, '--'];
}

/** The kernel gives out numbers below this one, and those below the first only once (RESERVED_PIDS in kernel/pid.c). */
const firstUsual = 300;

/**
 * A number after which many are free: criu, and what it starts, get numbers there before those of the images are given
 * out. The middle of the largest gap, for nobody knows exactly how many they are.
 * @param numbers those of the images.
 */
export function farFrom(numbers: readonly number[], limit = pidLimit()): number {
	const sorted = [firstUsual, ...numbers.filter((n) => n > firstUsual && n < limit), limit].sort(
		(a, b) => a - b,
	);
	let [best, size] = [firstUsual, 0];
	for (const [index, from] of sorted.entries()) {
		const gap = (sorted[index + 1] ?? from) - from;
		if (gap > size) [best, size] = [from + Math.floor(gap / 2), gap];
	}
	return best;
}

function pidLimit(): number {
	return Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'));
}
