import {readText} from './read.js';

/** One line of /proc/PID/maps. Addresses of user space fit in a double. */
export interface Mapping {
	start: number;
	/** First address behind it. */
	end: number;
	/** e.g. `r-xp`. */
	permissions: string;
	/** Where in the file it begins, bytes. */
	offset: number;
	/** `major:minor` in hex; `00:00` without a file. */
	device: string;
	/** 0 without a file. */
	inode: number;
	/** The file (without ` (deleted)`), `[heap]`, `[vdso]` …, or empty for anonymous memory. */
	path: string;
	deleted: boolean;
}

const line = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+) *(.*)$/;
const deletedSuffix = ' (deleted)';

/** The mappings of a process, ascending; empty for a zombie or one that we may not trace. */
export function readMappings(pid: number): Mapping[] {
	return parseMappings(readText(`/proc/${pid}/maps`) ?? '');
}

export function parseMappings(text: string): Mapping[] {
	const mappings: Mapping[] = [];
	for (const one of text.split('\n')) {
		const match = line.exec(one);
		if (!match) continue;
		const [, start = '', end = '', permissions = '', offset = '', device = '', inode = '', name = ''] = match;
		const deleted = name.endsWith(deletedSuffix);
		mappings.push({
			start: Number.parseInt(start, 16),
			end: Number.parseInt(end, 16),
			permissions,
			offset: Number.parseInt(offset, 16),
			device,
			inode: Number(inode),
			// The kernel escapes nothing but newlines here.
			path: (deleted ? name.slice(0, -deletedSuffix.length) : name).replaceAll('\\012', '\n'),
			deleted,
		});
	}
	return mappings;
}

/** The mapping that holds `address`, by binary search. */
export function mappingAt(mappings: readonly Mapping[], address: number): Mapping | undefined {
	let low = 0;
	let high = mappings.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		const mapping = mappings[middle];
		if (!mapping) return undefined;
		if (address < mapping.start) high = middle;
		else if (address >= mapping.end) low = middle + 1;
		else return mapping;
	}
	return undefined;
}
