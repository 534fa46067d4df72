import {closeSync, openSync, readSync} from 'node:fs';
import {pageSize} from '../kernel/page-size.js';
import {type Mapping, readMappings} from './maps.js';

/** Pages of a process side by side. */
export interface PageRun {
	/** Address of the first. */
	start: number;
	pages: number;
}

// Of an entry of /proc/PID/pagemap, in its upper 32 bits: bit 63, the page is in memory; bit 61, it is a file's own.
const present = 0x8000_0000;
const ofFile = 0x2000_0000;
const entryBytes = 8;
/** Entries read at once: those of 32 MB with pages of 4 KiB. */
const entriesAtOnce = 8192;

/**
 * The pages of privately mapped files (programs, libraries) that a process has in memory and has not changed: a
 * changed one is a copy of its own. Reading them makes nothing resident that was not.
 */
export function residentFilePages(pid: number): PageRun[] {
	const runs: PageRun[] = [];
	const fd = openSync(`/proc/${pid}/pagemap`, 'r');
	try {
		for (const mapping of readMappings(pid)) if (isPrivateFile(mapping)) addRuns(fd, mapping, runs);
		return runs;
	} finally {
		closeSync(fd);
	}
}

const isPrivateFile = ({inode, permissions, path}: Mapping): boolean =>
	inode !== 0 && permissions.endsWith('p') && !path.startsWith('/dev/');

function addRuns(fd: number, {start, end}: Mapping, runs: PageRun[]): void {
	const size = pageSize();
	const entries = Buffer.alloc(Math.min((end - start) / size, entriesAtOnce) * entryBytes);
	for (let address = start; address < end; ) {
		const count = Math.min((end - address) / size, entriesAtOnce);
		const read = readSync(fd, entries, 0, count * entryBytes, (address / size) * entryBytes);
		if (read === 0) return;
		for (let at = 0; at < read; at += entryBytes, address += size) {
			const flags = entries.readUInt32LE(at + 4);
			if ((flags & present) === 0 || (flags & ofFile) === 0) continue;
			const last = runs.at(-1);
			if (last !== undefined && last.start + last.pages * size === address) last.pages++;
			else runs.push({start: address, pages: 1});
		}
	}
}
