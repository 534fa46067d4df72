import {closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type Runner, runCommand} from '../common/runner.js';
import type {Frame} from '../context/model.js';
import {buildCore, type Core, type CoreMapping, type CorePiece} from './core-file.js';
import {readAt} from './elf.js';
import {ifReadable} from './read.js';

/** More levels than a person reads; a runaway recursion has thousands. */
const mostFrames = 64;
const pageSize = 4096;

/** What unwinding needs of a process, live or from images. */
export interface Unwindable {
	exe: string;
	core: Core;
}

/**
 * The backtrace of every thread, innermost frame first, by thread id: eu-stack on a core file that has only the
 * stacks. Nothing of the process is touched any more. Empty where eu-stack is missing or fails.
 */
export async function backtraces(
	{exe, core}: Unwindable,
	run: Runner = runCommand,
): Promise<Map<number, Frame[]>> {
	const folder = mkdtempSync(join(tmpdir(), 'dbusfreeze-core-'));
	try {
		const file = join(folder, 'core');
		const pieces = [...core.pieces, ...headersOf(core.mappings)];
		writeFileSync(file, buildCore({...core, pieces}), {mode: 0o600});
		const {stdout} = await run({
			command: 'eu-stack',
			args: ['-m', '-n', String(mostFrames), '--core', file, '-e', exe],
			// Never ask servers for debugging symbols.
			env: {DEBUGINFOD_URLS: ''},
		});
		return parseStacks(stdout);
	} finally {
		rmSync(folder, {recursive: true, force: true});
	}
}

/** The first page of every mapped file: by the ELF header and build-id in it eu-stack knows the module. */
function headersOf(mappings: readonly CoreMapping[]): CorePiece[] {
	return mappings
		.filter(({offset}) => offset === 0)
		.flatMap(({start, path}) => {
			// Never a device, which might do something.
			const bytes = ifReadable(() => (statSync(path).isFile() ? firstPage(path) : undefined));
			return bytes?.length === pageSize ? [{address: start, bytes}] : [];
		});
}

function firstPage(path: string): Buffer {
	const fd = openSync(path, 'r');
	try {
		return readAt(fd, 0, pageSize);
	} finally {
		closeSync(fd);
	}
}

/** `TID 12:` then `#0  0x00007f… poll - /usr/lib/…/libc.so.6`; symbol and module may be missing. */
export function parseStacks(text: string): Map<number, Frame[]> {
	const stacks = new Map<number, Frame[]>();
	let current: Frame[] | undefined;
	for (const line of text.split('\n')) {
		const tid = /^TID (\d+):/.exec(line)?.[1];
		if (tid !== undefined) {
			current = [];
			stacks.set(Number(tid), current);
			continue;
		}
		const [, pc, rest = ''] = /^#\d+\s+(0x[0-9a-f]+)(.*)$/.exec(line) ?? [];
		if (pc === undefined || current === undefined) continue;
		current.push({pc: `0x${BigInt(pc).toString(16)}`, ...names(rest)});
	}
	return stacks;
}

function names(rest: string): Pick<Frame, 'symbol' | 'module'> {
	const dash = rest.lastIndexOf(' - ');
	const symbol = (dash < 0 ? rest : rest.slice(0, dash)).replace(/^ - \d+/, '').trim();
	const module = dash < 0 ? '' : rest.slice(dash + 3).trim();
	return {...(symbol && symbol !== '???' ? {symbol} : {}), ...(module ? {module} : {})};
}
