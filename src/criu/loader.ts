import fs from 'node:fs';
import path from 'node:path';

/** A program by its own dynamic loader, so that it runs with its own libraries wherever `/` is. */
export interface LoadedProgram {
	loader: string;
	libraries: string[];
	program: string;
}

/** Below the root of a Debian-like system, as far as they are there; `/lib` may be a link or missing (merged /usr). */
const libraryFolders = [
	'usr/lib/x86_64-linux-gnu',
	'usr/lib/aarch64-linux-gnu',
	'lib/x86_64-linux-gnu',
	'lib/aarch64-linux-gnu',
	'usr/local/lib',
	'usr/lib64',
	'usr/lib',
];

/**
 * How to run a criu through its loader: the one that `npm run setup` unpacked (`criu` beside `root/`), or a program of
 * this system. Undefined: it is neither, e.g. somebody's script.
 */
export function loadedCriu(criu: string): LoadedProgram | undefined {
	const own = path.join(path.dirname(criu), 'root');
	const unpacked = path.join(own, 'usr/sbin/criu');
	const [root, program] = fs.existsSync(unpacked) ? [own, unpacked] : ['/', criu];
	const interpreter = interpreterOf(program);
	if (interpreter === undefined) return undefined;
	const loader = [interpreter, `/usr${interpreter}`]
		.map((name) => path.join(root, name))
		.find((file) => fs.existsSync(file));
	if (loader === undefined) return undefined;
	const libraries = libraryFolders
		.map((folder) => path.join(root, folder))
		.filter((folder) => fs.existsSync(folder));
	return {loader, libraries, program};
}

/** PT_INTERP, <elf.h>; the offsets are those of Elf64_Ehdr and Elf64_Phdr. Undefined: no ELF program, or a static one. */
const PT_INTERP = 3;

function interpreterOf(program: string): string | undefined {
	// The linker puts the headers, and what they name here, into the first page.
	const page = Buffer.alloc(4096);
	const file = fs.openSync(program, 'r');
	try {
		fs.readSync(file, page, 0, page.length, 0);
	} finally {
		fs.closeSync(file);
	}
	if (page.readUInt32BE(0) !== 0x7f454c46) return undefined;
	const [first, size, count] = [page.readUInt32LE(32), page.readUInt16LE(54), page.readUInt16LE(56)];
	for (let header = first; header < first + size * count && header + 40 <= page.length; header += size) {
		if (page.readUInt32LE(header) !== PT_INTERP) continue;
		const [offset, length] = [page.readUInt32LE(header + 8), page.readUInt32LE(header + 32)];
		return page.toString('utf8', offset, offset + length - 1);
	}
	return undefined;
}
