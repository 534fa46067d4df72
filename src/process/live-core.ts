import {readFileSync} from 'node:fs';
import type {ProcessSnapshot} from '../context/model.js';
import type {Unwindable} from './backtraces.js';
import type {CoreMapping} from './core-file.js';
import {ifReadable} from './read.js';
import {packGeneralRegisters} from './registers.js';
import type {StackCopies} from './snapshot.js';

/**
 * What was copied of the threads of a live process while they stood, as a core file is made of it; the threads by the
 * numbers that they have for themselves.
 * @returns undefined when no thread was copied, or when the process is gone and no longer tells how it was started.
 */
export function liveCore(process: ProcessSnapshot, stacks: StackCopies): Unwindable | undefined {
	const auxiliaryVector = ifReadable(() => readFileSync(`/proc/${process.pid}/auxv`));
	if (!auxiliaryVector) return undefined;
	const threads: Unwindable['core']['threads'][number][] = [];
	const pieces: Unwindable['core']['pieces'][number][] = [];
	for (const {tid, ownTid} of process.threads) {
		const state = stacks.get(tid);
		const registers = state && packGeneralRegisters(state.registers);
		if (!registers) continue;
		threads.push({tid: ownTid ?? tid, registers});
		if (state.stack) pieces.push(state.stack);
	}
	if (threads.length === 0) return undefined;
	const mappings = fileMappings(process);
	const {pid, exe} = process;
	return {exe, core: {pid, threads, auxiliaryVector, mappings, pieces}};
}

/** The mapped files of a snapshot. */
export function fileMappings({maps = []}: Pick<ProcessSnapshot, 'maps'>): CoreMapping[] {
	return maps
		.filter(({path, offset}) => path.startsWith('/') && offset !== undefined)
		.map(({start, end, offset = '0x0', path}) => ({
			start: Number(start),
			end: Number(end),
			offset: Number(offset),
			path: path.replace(/ \(deleted\)$/, ''),
		}));
}
