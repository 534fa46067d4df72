import path from 'node:path';
import {readImage} from './container.js';
import {pstree} from './schema.js';

/**
 * All numbers that a restore needs to be free, of processes and of their threads, parents first.
 * @throws Fault `bad-image`.
 */
export async function numbersIn(imageDir: string): Promise<number[]> {
	const entries = await readImage(path.join(imageDir, 'pstree.img'), 'pstree', pstree);
	return [...new Set(entries.flatMap(({value: {pid = 0, threads = []}}) => [pid, ...threads]))];
}
