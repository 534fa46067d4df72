import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {Fault} from '../../common/fault.js';
import {pageSize} from '../../kernel/page-size.js';
import {readImage, readSingle} from '../images/container.js';
import {pstree} from '../images/schema.js';
import {coreRseq, pageFlags, pagemap} from './schema.js';
import {sharedObjects} from './shared.js';

/** Dumped pages that lie side by side, and where they belong in a process. */
export interface DumpedRange {
	pid: number;
	/** File below /proc/PID in which they can be read: `mem`, or one that leads to a shared object. */
	place: string;
	/** Where they begin in that file; in `mem` that is an address. */
	start: number;
	bytes: number;
	/** What to add to `start` for the address at which the process sees them. */
	addressOffset: number;
	/** File with the dumped bytes, and where they are in it. */
	pages: string;
	offset: number;
}

/** A part of a process's memory in which the kernel writes: a thread's `struct rseq`. */
export interface KernelArea {
	pid: number;
	start: number;
	end: number;
}

/** All memory in a folder of images. */
export interface DumpedMemory {
	ranges: DumpedRange[];
	bytes: number;
	kernelAreas: KernelArea[];
}

/**
 * Reads where all dumped pages are, and not the pages.
 * @throws Fault `bad-image` naming the file and the offset.
 */
export async function dumpedMemory(imageDir: string): Promise<DumpedMemory> {
	const names = await readdir(imageDir);
	const ranges: DumpedRange[] = [];
	for (const pid of numbersIn(names, /^pagemap-(\d+)\.img$/)) {
		const own = await stretches(imageDir, `pagemap-${pid}.img`);
		ranges.push(...own.map((stretch) => ({pid, place: 'mem', addressOffset: 0, ...stretch})));
	}
	const sharedIds = numbersIn(names, /^pagemap-shmem-(\d+)\.img$/);
	const places = sharedIds.length === 0 ? new Map() : await sharedObjects(imageDir);
	for (const id of sharedIds) {
		const place = places.get(id);
		if (place === undefined) continue;
		const object = await stretches(imageDir, `pagemap-shmem-${id}.img`);
		ranges.push(...object.map((stretch) => ({...place, ...stretch})));
	}
	return {
		ranges,
		bytes: ranges.reduce((sum, {bytes}) => sum + bytes, 0),
		kernelAreas: await kernelAreas(imageDir),
	};
}

/**
 * Refuses images of which a file with pages ends too early: criu would read beyond its end for ever, and write
 * gigabytes into its log.
 * @throws Fault `bad-image`.
 */
export async function requireWholePages(imageDir: string): Promise<void> {
	const needed = new Map<string, number>();
	for (const {pages, offset, bytes} of (await dumpedMemory(imageDir)).ranges)
		needed.set(pages, Math.max(needed.get(pages) ?? 0, offset + bytes));
	for (const [path, end] of needed) {
		const size = (await stat(path).catch(() => undefined))?.size;
		if (size === undefined) throw new Fault('bad-image', {path, offset: 0, reason: 'missing'});
		if (size < end) throw new Fault('bad-image', {path, offset: size, reason: 'truncated'});
	}
}

function numbersIn(names: readonly string[], form: RegExp): number[] {
	return names.flatMap((name) => Number(form.exec(name)?.[1] ?? Number.NaN)).filter(Number.isInteger);
}

/** The pages of one pagemap, neighbours put together. */
async function stretches(
	imageDir: string,
	name: string,
): Promise<Array<Pick<DumpedRange, 'start' | 'bytes' | 'pages' | 'offset'>>> {
	const [head, ...entries] = await readImage(join(imageDir, name), 'pagemap', pagemap);
	const pages = join(imageDir, `pages-${head?.value.address ?? 0n}.img`);
	const found: Array<Pick<DumpedRange, 'start' | 'bytes' | 'pages' | 'offset'>> = [];
	let offset = 0;
	for (const {value} of entries) {
		const {flags = pageFlags.present, inParent = false} = value;
		// What the parent of an incremental dump has is not in this file.
		if (inParent || (flags & pageFlags.present) === 0) continue;
		const start = Number(value.address ?? 0n);
		const bytes = Number(value.pages ?? BigInt(value.pages32 ?? 0)) * pageSize();
		const last = found.at(-1);
		if (last !== undefined && last.start + last.bytes === start) last.bytes += bytes;
		else found.push({start, bytes, pages, offset});
		offset += bytes;
	}
	return found;
}

async function kernelAreas(imageDir: string): Promise<KernelArea[]> {
	const areas: KernelArea[] = [];
	for (const {value} of await readImage(join(imageDir, 'pstree.img'), 'pstree', pstree)) {
		const {pid = 0, threads} = value;
		for (const tid of threads) {
			const core = await readSingle(join(imageDir, `core-${tid}.img`), 'core', coreRseq);
			const {address = 0n, size = 0} = core.thread?.rseq ?? {};
			if (address !== 0n) areas.push({pid, start: Number(address), end: Number(address) + size});
		}
	}
	return areas;
}
