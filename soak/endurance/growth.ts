import {median} from '../../bench/rows.js';

/** What a process has at one moment. */
export interface Size {
	/** Resident memory, kB. */
	rss: number;
	fds: number;
	threads: number;
}

/** How much more memory than after the warm-up is no leak: what an allocator keeps, or a garbage collector; kB. */
export interface Bound {
	rss: number;
	/** Threads may come and go, as those of a pool. */
	threadsVary?: boolean;
}

/**
 * Compares a process's sizes after each cycle with those after the warm-up: its memory by medians, because single
 * values are noise, descriptors and threads one by one.
 * @param warmUp how many of the first sizes are its warm-up.
 * @returns what has grown, in words; an empty list is good.
 */
export function growth(who: string, sizes: readonly Size[], warmUp: number, bound: Bound): string[] {
	const settled = sizes.slice(warmUp);
	const quarter = Math.max(Math.floor(settled.length / 4), 1);
	const [first, last] = [settled.slice(0, quarter), settled.slice(-quarter)];
	const rss = (some: readonly Size[]) => median(some.map((size) => size.rss));
	const problems: string[] = [];
	if (rss(last) - rss(first) > bound.rss)
		problems.push(`${who}: memory grew from ${rss(first)} to ${rss(last)} kB`);
	for (const what of bound.threadsVary ? (['fds'] as const) : (['fds', 'threads'] as const)) {
		const counts = [...new Set(settled.map((size) => size[what]))];
		if (counts.length > 1) problems.push(`${who}: ${what} ${counts.join(', ')}`);
	}
	return problems;
}
