import {crc32} from 'node:zlib';
import {pageSize} from '../../kernel/page-size.js';
import {type PageRun, residentFilePages} from '../../process/resident-file-pages.js';
import type {DumpedMemory, KernelArea} from './dumped.js';
import {OpenFiles} from './files.js';
import {Findings} from './findings.js';
import {Pace, type Progress} from './pace.js';
import {asCalled, type PidHere} from './pid-here.js';
import type {Compared} from './report.js';

/** A CRC-32: it finds every accident in a page (any run of 32 bits for sure) at memory speed. It is no seal. */
const sumBytes = 4;
/** Read at once: 256 KiB of usual pages. */
const pagesAtOnce = 64;

/**
 * What was in a tree's memory when it was dumped, page by page: the dumped pages, and those of files that the
 * process had not changed, which are not in the images.
 */
export interface PageSums {
	version: 1;
	pageBytes: number;
	/** `sums`: base64, four bytes for each page from `start` on. */
	runs: Array<{pid: number; start: number; sums: string}>;
}

/** Takes the checksums from the processes themselves, which must stand still. */
export async function sumPages(
	pids: readonly number[],
	{ranges, kernelAreas}: DumpedMemory,
	onProgress: Progress,
	here: PidHere = asCalled,
): Promise<PageSums> {
	const size = pageSize();
	const own = ranges.filter(({place}) => place === 'mem');
	const found = [
		...own.map(({pid, start, bytes}) => ({pid, start, pages: bytes / size})),
		...pids.flatMap((pid) => residentFilePages(here(pid)).map((run) => ({pid, ...run}))),
	].flatMap((run) => withoutKernelAreas(run, kernelAreas, size));
	const reader = new PageReader(size, here);
	const pace = new Pace(
		found.reduce((sum, run) => sum + run.pages * size, 0),
		onProgress,
	);
	const runs: PageSums['runs'] = [];
	try {
		for (const {pid, start, pages} of found) {
			const sums = Buffer.alloc(pages * sumBytes);
			for (let index = 0; index < pages; index++) {
				const page = reader.page(pid, start, index, pages);
				if (page) sums.writeUInt32LE(crc32(page), index * sumBytes);
				await pace.advance(size);
			}
			runs.push({pid, start, sums: sums.toString('base64')});
		}
		return {version: 1, pageBytes: size, runs};
	} finally {
		reader.close();
	}
}

/** Compares what the restored processes have at these places now. They must stand still. */
export async function comparePages(
	{pageBytes, runs}: PageSums,
	onProgress: Progress,
	here: PidHere = asCalled,
): Promise<Compared> {
	const findings = new Findings();
	const reader = new PageReader(pageBytes, here);
	const all = runs.map(({sums, ...run}) => ({...run, sums: Buffer.from(sums, 'base64')}));
	const total = all.reduce((sum, {sums}) => sum + sums.length / sumBytes, 0);
	const pace = new Pace(total * pageBytes, onProgress);
	try {
		for (const {pid, start, sums} of all) {
			const pages = sums.length / sumBytes;
			for (let index = 0; index < pages; index++) {
				const page = reader.page(pid, start, index, pages);
				const address = start + index * pageBytes;
				findings.looked(pageBytes);
				if (!page) findings.add(pid, address, pageBytes, 'unreadable');
				else if (crc32(page) !== sums.readUInt32LE(index * sumBytes))
					findings.add(pid, address, pageBytes, 'changed');
				await pace.advance(pageBytes);
			}
		}
		return findings.report();
	} finally {
		reader.close();
	}
}

/** Pages one after the other, read many at once. */
class PageReader {
	readonly #size: number;
	readonly #here: PidHere;
	readonly #files = new OpenFiles();
	readonly #pages: Buffer;
	/** What is in it: of this process, from this address on. */
	#pid = 0;
	#from = 0;
	#bytes = 0;

	constructor(size: number, here: PidHere) {
		this.#size = size;
		this.#here = here;
		this.#pages = Buffer.allocUnsafe(pagesAtOnce * size);
	}

	/** A page of a run, valid until the next is asked for; undefined where nothing can be read. */
	page(pid: number, start: number, index: number, pages: number): Buffer | undefined {
		const size = this.#size;
		const address = start + index * size;
		const isThere = pid === this.#pid && address >= this.#from && address + size <= this.#from + this.#bytes;
		if (!isThere) {
			const into = this.#pages.subarray(0, Math.min(pages - index, pagesAtOnce) * size);
			this.#bytes = this.#files.read(`/proc/${this.#here(pid)}/mem`, into, address);
			[this.#pid, this.#from] = [pid, address];
			if (this.#bytes < size) return undefined;
		}
		const at = address - this.#from;
		return this.#pages.subarray(at, at + size);
	}

	close(): void {
		this.#files.close();
	}
}

/** A page in which the kernel writes as well has no lasting checksum. */
function withoutKernelAreas(
	{pid, start, pages}: PageRun & {pid: number},
	areas: readonly KernelArea[],
	size: number,
): Array<PageRun & {pid: number}> {
	const runs: Array<PageRun & {pid: number}> = [];
	const inRun = areas
		.filter((area) => area.pid === pid && area.end > start && area.start < start + pages * size)
		.sort((one, other) => one.start - other.start);
	let from = start;
	for (const area of inRun) {
		const first = Math.floor(area.start / size) * size;
		if (first > from) runs.push({pid, start: from, pages: (first - from) / size});
		from = Math.max(from, Math.ceil(area.end / size) * size);
	}
	const end = start + pages * size;
	if (end > from) runs.push({pid, start: from, pages: (end - from) / size});
	return runs;
}
