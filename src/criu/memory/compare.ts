import {pageSize} from '../../kernel/page-size.js';
import type {DumpedMemory, DumpedRange} from './dumped.js';
import {OpenFiles} from './files.js';
import {Findings} from './findings.js';
import {Pace, type Progress} from './pace.js';
import {asCalled, type PidHere} from './pid-here.js';
import type {Compared} from './report.js';

/** Bytes read and compared at once: fits in a processor's cache, and few system calls for a gigabyte. */
const pieceBytes = 256 * 1024;

/**
 * Compares every dumped page with what the processes have at its place now. They must stand still. Works in short
 * turns, so that the event loop lives on.
 * @param here what a pid of the images is called here.
 * @throws Error of the file system when the images cannot be read.
 */
export async function compareDumped(
	memory: DumpedMemory,
	onProgress: Progress,
	here: PidHere = asCalled,
): Promise<Compared> {
	const findings = new Findings(memory.kernelAreas);
	const files = new OpenFiles();
	const pace = new Pace(memory.bytes, onProgress);
	const dumped = Buffer.allocUnsafe(pieceBytes);
	const live = Buffer.allocUnsafe(pieceBytes);
	try {
		for (const range of memory.ranges) {
			for (let at = 0; at < range.bytes; ) {
				const bytes = Math.min(range.bytes - at, pieceBytes);
				comparePiece(
					range,
					here(range.pid),
					at,
					dumped.subarray(0, bytes),
					live.subarray(0, bytes),
					files,
					findings,
				);
				at += bytes;
				await pace.advance(bytes);
			}
		}
		return findings.report();
	} finally {
		files.close();
	}
}

/**
 * Compares a page of this program's file with itself. The first comparison takes milliseconds to compile, more than
 * the pages of a small program take: do it while nobody waits.
 */
export async function rehearse(): Promise<void> {
	const bytes = pageSize();
	const self = {
		pid: process.pid,
		place: 'exe',
		start: 0,
		addressOffset: 0,
		pages: '/proc/self/exe',
		offset: 0,
	};
	await compareDumped({ranges: [{...self, bytes}], bytes, kernelAreas: []}, () => {});
}

function comparePiece(
	{pid, place, start, addressOffset, pages, offset}: DumpedRange,
	pidHere: number,
	at: number,
	dumped: Buffer,
	live: Buffer,
	files: OpenFiles,
	findings: Findings,
): void {
	if (files.read(pages, dumped, offset + at) < dumped.length)
		throw new Error(`${pages} ends before byte ${offset + at + dumped.length}`);
	const address = start + at + addressOffset;
	const path = `/proc/${pidHere}/${place}`;
	for (let done = 0; done < live.length; ) {
		let read = files.read(path, live.subarray(done), start + at + done);
		// A shared object is as long as it is; its last page is filled up with zeros.
		if (place !== 'mem' && read < live.length - done && files.exists(path)) {
			live.fill(0, done + read);
			read = live.length - done;
		}
		findings.compare(
			pid,
			address + done,
			live.subarray(done, done + read),
			dumped.subarray(done, done + read),
		);
		done += read;
		if (done === live.length) return;
		const page = Math.min(pageSize(), live.length - done);
		findings.looked(page);
		findings.add(pid, address + done, page, 'unreadable');
		done += page;
	}
}
