import fs from 'node:fs';
import path from 'node:path';
import {readAddress, readAt, readElf} from '../src/process/elf.js';
import {ifReadable} from '../src/process/read.js';

/** Client libraries by the names of their files; a library comes before those that it is built on. */
const libraries: ReadonlyArray<readonly [name: string, file: RegExp]> = [
	['QtDBus', /^libQt\dDBus\.so/],
	['dbus-python', /^_dbus_bindings\.[^/]*\.so$/],
	['dbus-glib', /^libdbus-glib-1\.so/],
	['sdbus-c++', /^libsdbus-c\+\+\.so/],
	['ell', /^libell\.so/],
	['libdbus', /^libdbus-1\.so/],
	['GDBus', /^libgio-2\.0\.so/],
	['sd-bus', /^libsystemd(-shared-\d+)?\.so/],
];

/** Of a program; shared libraries in C++ are in many a C program. */
const cxx = /^libstdc\+\+\.so/;
const python = /^python3[\d.]*$/;

/**
 * Which D-Bus library a program speaks with, e.g. `GDBus` or `dbus-python (Python)`. What it is linked with decides, and
 * only then what those libraries are linked with, and so on: most of them map several. Where that says nothing,
 * as for an interpreter, all mapped files do.
 * @param program path of the program file, as it can be read now.
 * @param files paths of its mapped files.
 */
export function libraryOf(program: string, files: Iterable<string>): string {
	const paths = new Map([...files].map((file) => [path.basename(file), file]));
	const amongst = (names: readonly string[]) =>
		libraries.find(([, file]) => names.some((one) => file.test(one)))?.[0];
	const own = linkedWith(program);
	let found: string | undefined;
	const seen = new Set<string>();
	for (let level = own; level.length > 0 && found === undefined; ) {
		found = amongst(level);
		for (const name of level) seen.add(name);
		const next = level.flatMap((name) => linkedWith(paths.get(name) ?? ''));
		level = [...new Set(next)].filter((name) => !seen.has(name));
	}
	const isPython = [...paths.keys()].some((one) => python.test(one));
	const name = (isPython ? undefined : found) ?? amongst([...paths.keys()]) ?? 'its own';
	return `${name}${isPython ? ' (Python)' : own.some((one) => cxx.test(one)) ? ' (C++)' : ''}`;
}

// <elf.h>
const SHT_DYNAMIC = 6;
const DT_NEEDED = 1;
const entrySize = 16;

/** What a program or library is linked with: its DT_NEEDED entries; none if it cannot be read. */
export function linkedWith(file: string): string[] {
	const fd = ifReadable(() => fs.openSync(file, 'r'));
	if (fd === undefined) return [];
	try {
		const sections = readElf(fd)?.sections ?? [];
		const dynamic = sections.find(({type}) => type === SHT_DYNAMIC);
		const names = dynamic && sections[dynamic.link];
		if (!dynamic || !names) return [];
		const entries = readAt(fd, dynamic.offset, dynamic.size);
		const texts = readAt(fd, names.offset, names.size);
		const needed: string[] = [];
		for (let at = 0; at + entrySize <= entries.length; at += entrySize) {
			if (readAddress(entries, at) !== DT_NEEDED) continue;
			const start = readAddress(entries, at + 8);
			needed.push(texts.toString('latin1', start, texts.indexOf(0, start)));
		}
		return needed;
	} finally {
		fs.closeSync(fd);
	}
}
