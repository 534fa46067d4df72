import {closeSync, fstatSync, openSync, readSync} from 'node:fs';

/** A part of the file that the loader maps: program header PT_LOAD. */
export interface Segment {
	offset: number;
	fileSize: number;
	/** Address the linker gave to its first byte; the loader adds one base for the whole file. */
	address: number;
	executable: boolean;
}

export interface Section {
	type: number;
	offset: number;
	size: number;
	/** Index of the section it refers to: a symbol table's strings. */
	link: number;
}

/** What the headers of an ELF file say. Everything is read at offsets: the file may be huge. */
export interface Elf {
	segments: Segment[];
	sections: Section[];
	/** Hex; absent if the linker made none. */
	buildId?: string;
}

// <elf.h>
const HEADER_SIZE = 64;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_X = 1;
const NT_GNU_BUILD_ID = 3;
/** More than any real file has: the linker's own limit for plain headers is 65279. */
const MAX_HEADERS = 65_536;
const MAX_NOTE = 1 << 20;

/** Reads `size` bytes at `offset` of an open file; fewer if it ends before, none if that is no place at all. */
export function readAt(fd: number, offset: number, size: number): Buffer {
	if (!Number.isSafeInteger(offset + size)) return Buffer.alloc(0);
	const buffer = Buffer.alloc(size);
	let done = 0;
	while (done < size) {
		const read = readSync(fd, buffer, done, size - done, offset + done);
		if (read === 0) break;
		done += read;
	}
	return buffer.subarray(0, done);
}

/** A 64-bit number that is an address or a size of user space: it fits in a double. */
export function readAddress(buffer: Buffer, at: number): number {
	return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32;
}

/** The headers of a 64-bit little-endian ELF file; undefined for anything else, also for a broken one. */
export function readElf(fd: number): Elf | undefined {
	const header = readAt(fd, 0, HEADER_SIZE);
	// Magic, class 2 = 64 bits, data 1 = little-endian.
	if (header.length < HEADER_SIZE || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
	if (header[4] !== 2 || header[5] !== 1) return undefined;
	const {size} = fstatSync(fd);
	const programHeaders = readTable(fd, size, readAddress(header, 32), header.readUInt16LE(54), {
		count: header.readUInt16LE(56),
		minimum: 56,
	});
	const sectionHeaders = readTable(fd, size, readAddress(header, 40), header.readUInt16LE(58), {
		count: header.readUInt16LE(60),
		minimum: 64,
	});
	const buildId = findBuildId(fd, programHeaders);
	return {
		segments: programHeaders.filter((entry) => entry.readUInt32LE(0) === PT_LOAD).map(parseSegment),
		sections: sectionHeaders.map(parseSection),
		...(buildId === undefined ? {} : {buildId}),
	};
}

function readTable(
	fd: number,
	fileSize: number,
	offset: number,
	entrySize: number,
	{count, minimum}: {count: number; minimum: number},
): Buffer[] {
	if (count === 0 || count > MAX_HEADERS || entrySize < minimum || offset + count * entrySize > fileSize) {
		return [];
	}
	const bytes = readAt(fd, offset, count * entrySize);
	return Array.from({length: Math.floor(bytes.length / entrySize)}, (_, index) =>
		bytes.subarray(index * entrySize, (index + 1) * entrySize),
	);
}

/** Elf64_Phdr: u32 type, u32 flags, offset, vaddr, paddr, filesz, memsz, align. */
function parseSegment(entry: Buffer): Segment {
	return {
		offset: readAddress(entry, 8),
		address: readAddress(entry, 16),
		fileSize: readAddress(entry, 32),
		executable: (entry.readUInt32LE(4) & PF_X) !== 0,
	};
}

/** Elf64_Shdr: u32 name, u32 type, flags, addr, offset 24, size 32, u32 link 40, … */
function parseSection(entry: Buffer): Section {
	return {
		type: entry.readUInt32LE(4),
		offset: readAddress(entry, 24),
		size: readAddress(entry, 32),
		link: entry.readUInt32LE(40),
	};
}

/** Notes: u32 name size, u32 content size, u32 type, name and content each padded to 4. */
function findBuildId(fd: number, programHeaders: Buffer[]): string | undefined {
	for (const entry of programHeaders) {
		if (entry.readUInt32LE(0) !== PT_NOTE) continue;
		const notes = readAt(fd, readAddress(entry, 8), Math.min(readAddress(entry, 32), MAX_NOTE));
		for (let at = 0; at + 12 <= notes.length; ) {
			const nameSize = notes.readUInt32LE(at);
			const contentAt = at + 12 + align(nameSize);
			const contentEnd = contentAt + notes.readUInt32LE(at + 4);
			const isGnu = notes.toString('latin1', at + 12, at + 12 + nameSize) === 'GNU\0';
			if (isGnu && notes.readUInt32LE(at + 8) === NT_GNU_BUILD_ID) {
				return notes.toString('hex', contentAt, contentEnd);
			}
			at = align(contentEnd);
		}
	}
	return undefined;
}

function align(size: number): number {
	// Not with bit operations: a broken file may say 2³² − 1.
	return Math.ceil(size / 4) * 4;
}

/**
 * The address that the linker gave to a place in the file. The executable segment wins where two share a
 * page of the file.
 */
export function addressOfOffset(elf: Elf, offset: number): number | undefined {
	const holds = (segment: Segment) => offset >= segment.offset && offset < segment.offset + segment.fileSize;
	const segment =
		elf.segments.find((one) => one.executable && holds(one)) ?? elf.segments.find((one) => holds(one));
	return segment && offset - segment.offset + segment.address;
}

/** Where the linker put the file's first byte: 0 in shared objects and PIE, e.g. 0x400000 otherwise. */
export function baseAddress(elf: Elf): number {
	const first = elf.segments[0];
	return first ? first.address - first.offset : 0;
}

/** The build-id of an ELF file in hex; undefined without one, or if it is no ELF file. @throws ENOENT, EACCES */
export function buildId(path: string): string | undefined {
	const fd = openSync(path, 'r');
	try {
		return fstatSync(fd).isFile() ? readElf(fd)?.buildId : undefined;
	} finally {
		closeSync(fd);
	}
}
