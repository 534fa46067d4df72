import {readdirSync, readFileSync} from 'node:fs';

/** Kept free for everything else: criu's pipes, files, and the 253 that one message may carry. */
const reserve = 1024;
/** Between two counts while there is no room, milliseconds: a count is a look into /proc/self/fd. */
const recountMs = 100;

let limit: number | undefined;
let isFull = false;
let countedAt = 0;

/**
 * Whether this process may take more descriptors from messages. The kernel throws away what a receiver may
 * not open, so reading must stop before that; the messages are safe where they are.
 */
export function mayHoldMoreDescriptors(): boolean {
	if (isFull && performance.now() - countedAt > recountMs) {
		countedAt = performance.now();
		isFull = readdirSync('/proc/self/fd').length >= ceiling();
	}
	return !isFull;
}

/** To be told of each descriptor that arrived: the kernel gives the lowest free number, so it tells how many are open. */
export function descriptorArrived(fd: number): void {
	if (fd >= ceiling()) isFull = true;
}

/** RLIMIT_NOFILE as it was when first asked for (Node raises it to the hard limit when it starts), less the reserve. */
function ceiling(): number {
	limit ??= softLimit();
	return limit - Math.min(reserve, Math.floor(limit / 2));
}

function softLimit(): number {
	const text = readFileSync('/proc/self/limits', 'utf8');
	const [, soft] = /^Max open files\s+(\d+)/m.exec(text) ?? [];
	return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
