import {closeSync, fstatSync, openSync, statSync} from 'node:fs';
import type {CodePlace} from '../context/model.js';
import {addressOfOffset, baseAddress, type Elf, readElf} from './elf.js';
import {type Mapping, mappingAt, readMappings} from './maps.js';
import {readSymbols, type SymbolTable, symbolAt} from './symbols.js';

interface Module {
	elf: Elf;
	/** Read when the first address is asked for. */
	symbols?: SymbolTable;
	/** Link-time address → its function. */
	found: Map<number, {name: string; offset: number} | undefined>;
}

/** Modules kept at once; the oldest go first. Node's own table is the largest here, 3 MB. */
const MAX_MODULES = 256;

/** Names code addresses. Keeps what it learned of a file as long as the file is the same one. */
export class CodePlaces {
	private readonly modules = new Map<string, Module | undefined>();

	/** A namer for one process at this moment; its mappings are read at the first question. */
	of(pid: number): (address: bigint) => CodePlace | undefined {
		let mappings: Mapping[] | undefined;
		return (address) => {
			mappings ??= readMappings(pid);
			const mapping = mappingAt(mappings, Number(address));
			return mapping && this.place(pid, mappings, mapping, Number(address));
		};
	}

	private place(pid: number, all: Mapping[], mapping: Mapping, address: number): CodePlace {
		const inModule = mapping.inode === 0 ? undefined : this.placeInFile(pid, mapping, address);
		if (inModule) return inModule;
		// [vdso], anonymous code (a JIT's), a file that is no ELF file or that we may not open.
		const start = mapping.inode === 0 ? mapping.start : moduleStart(all, mapping);
		return {module: mapping.path || '[anonymous]', offset: hex(address - start)};
	}

	private placeInFile(pid: number, mapping: Mapping, address: number): CodePlace | undefined {
		const fd = openMapped(pid, mapping);
		if (fd === undefined) return undefined;
		try {
			const module = this.moduleOf(fd);
			const linked = module && addressOfOffset(module.elf, address - mapping.start + mapping.offset);
			if (!module || linked === undefined) return undefined;
			if (!module.found.has(linked)) {
				module.symbols ??= readSymbols(fd, module.elf);
				module.found.set(linked, symbolAt(fd, module.symbols, linked));
			}
			const symbol = module.found.get(linked);
			if (!symbol) return {module: mapping.path, offset: hex(linked - baseAddress(module.elf))};
			return {module: mapping.path, symbol: symbol.name, offset: hex(symbol.offset)};
		} finally {
			closeSync(fd);
		}
	}

	private moduleOf(fd: number): Module | undefined {
		const stat = fstatSync(fd);
		const key = `${stat.dev}:${stat.ino}:${stat.mtimeMs}:${stat.size}`;
		if (!this.modules.has(key)) {
			const elf = readElf(fd);
			this.modules.set(key, elf && {elf, found: new Map()});
			const [oldest] = this.modules.keys();
			if (this.modules.size > MAX_MODULES && oldest !== undefined) this.modules.delete(oldest);
		}
		return this.modules.get(key);
	}
}

/**
 * Opens the very file that is mapped. /proc/PID/map_files leads to it even when it was deleted or replaced,
 * or is in another mount namespace, but needs CAP_CHECKPOINT_RESTORE; else by its path, if the inode agrees.
 */
export function openMapped(pid: number, mapping: Mapping): number | undefined {
	const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
	const direct = openRegular(`/proc/${pid}/map_files/${range}`);
	if (direct !== undefined || mapping.deleted || !mapping.path.startsWith('/')) return direct;
	const byPath = openRegular(`/proc/${pid}/root${mapping.path}`);
	if (byPath === undefined || fstatSync(byPath).ino === mapping.inode) return byPath;
	closeSync(byPath);
	return undefined;
}

/** Never opens a device, which might do something: a process may have mapped a graphics card. */
function openRegular(path: string): number | undefined {
	try {
		return statSync(path).isFile() ? openSync(path, 'r') : undefined;
	} catch {
		return undefined;
	}
}

/** The lowest address at which the same file is mapped without a gap of other files. */
function moduleStart(all: Mapping[], mapping: Mapping): number {
	const same = all.filter(({inode, device}) => inode === mapping.inode && device === mapping.device);
	return same[0]?.start ?? mapping.start;
}

function hex(number: number): string {
	return `0x${number.toString(16)}`;
}
