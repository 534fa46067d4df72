import {fstatSync} from 'node:fs';
import {type Elf, readAddress, readAt, type Section} from './elf.js';

// <elf.h>
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SYMBOL_SIZE = 24;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const STB_LOCAL = 0;
/** No real program comes near: chromium with all symbols has 2 million. */
const MAX_SYMBOLS = 16_000_000;
const MAX_NAME = 4096;

/**
 * The functions of one ELF file, sorted by address. Names stay in the file until they are asked for.
 * `.symtab` has all functions; a stripped file only has `.dynsym`, the exported ones.
 */
export interface SymbolTable {
	addresses: Float64Array;
	/** Bytes of code; 0 where the assembler did not say. */
	sizes: Uint32Array;
	/** Offsets of the names in the file. */
	names: Float64Array;
	isLocal: Uint8Array;
}

/** Reads the functions of a file; an empty table if it has none. */
export function readSymbols(fd: number, elf: Elf): SymbolTable {
	const section =
		elf.sections.find(({type}) => type === SHT_SYMTAB) ?? elf.sections.find(({type}) => type === SHT_DYNSYM);
	const strings = section && elf.sections[section.link];
	if (!section || !strings || section.size > Math.min(MAX_SYMBOLS * SYMBOL_SIZE, fstatSync(fd).size)) {
		return sorted([]);
	}
	return sorted(functionsOf(readAt(fd, section.offset, section.size), strings));
}

interface FunctionSymbol {
	address: number;
	size: number;
	name: number;
	isLocal: boolean;
}

/** Elf64_Sym: u32 name, u8 info (binding << 4 | type), u8 other, u16 section, u64 value, u64 size. */
function functionsOf(table: Buffer, strings: Section): FunctionSymbol[] {
	const functions: FunctionSymbol[] = [];
	for (let at = 0; at + SYMBOL_SIZE <= table.length; at += SYMBOL_SIZE) {
		const info = table.readUInt8(at + 4);
		const type = info & 0xf;
		if (type !== STT_FUNC && type !== STT_GNU_IFUNC) continue;
		// Section 0: the function is imported from elsewhere.
		if (table.readUInt16LE(at + 6) === 0) continue;
		functions.push({
			address: readAddress(table, at + 8),
			size: table.readUInt32LE(at + 16),
			name: strings.offset + table.readUInt32LE(at),
			isLocal: info >> 4 === STB_LOCAL,
		});
	}
	return functions;
}

function sorted(functions: FunctionSymbol[]): SymbolTable {
	functions.sort((a, b) => a.address - b.address);
	return {
		addresses: Float64Array.from(functions, ({address}) => address),
		sizes: Uint32Array.from(functions, ({size}) => size),
		names: Float64Array.from(functions, ({name}) => name),
		isLocal: Uint8Array.from(functions, ({isLocal}) => (isLocal ? 1 : 0)),
	};
}

/**
 * The function that holds a link-time address, and the distance from its beginning. Undefined in gaps, which
 * in a stripped file are functions that are not exported: a wrong name would be worse than none.
 */
export function symbolAt(
	fd: number,
	table: SymbolTable,
	address: number,
): {name: string; offset: number} | undefined {
	const last = lastAtOrBefore(table.addresses, address);
	if (last < 0) return undefined;
	const start = table.addresses[last] ?? 0;
	const names: Array<{name: string; isLocal: boolean}> = [];
	// Several names may begin at this address (poll, __poll, __GI_poll).
	for (let index = last; index >= 0 && table.addresses[index] === start; index--) {
		const size = table.sizes[index] ?? 0;
		if (size !== 0 && address >= start + size) continue;
		names.push({name: readName(fd, table.names[index] ?? 0), isLocal: table.isLocal[index] === 1});
	}
	const best = names.sort(byPlainness)[0];
	return best && {name: best.name, offset: address - start};
}

function lastAtOrBefore(addresses: Float64Array, address: number): number {
	let low = 0;
	let high = addresses.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((addresses[middle] ?? 0) <= address) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

/** Exported names first, then few leading underscores, then short ones: always the same choice. */
function byPlainness(a: {name: string; isLocal: boolean}, b: {name: string; isLocal: boolean}): number {
	const underscores = (name: string) => name.length - name.replace(/^_+/, '').length;
	return (
		Number(a.isLocal) - Number(b.isLocal) ||
		underscores(a.name) - underscores(b.name) ||
		a.name.length - b.name.length ||
		(a.name < b.name ? -1 : 1)
	);
}

function readName(fd: number, offset: number): string {
	for (let size = 128; ; size = MAX_NAME) {
		const bytes = readAt(fd, offset, size);
		const end = bytes.indexOf(0);
		if (end >= 0 || size === MAX_NAME) return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
	}
}
