/** A thread of a core file: its general registers as the kernel lays them out. */
export interface CoreThread {
	tid: number;
	registers: Buffer;
}

/** A file mapped by the process: NT_FILE tells which module is where. */
export interface CoreMapping {
	start: number;
	end: number;
	/** Bytes from the beginning of the file. */
	offset: number;
	path: string;
}

/** Memory that the core file has. Everything else is missing in it, which readers of core files put up with. */
export interface CorePiece {
	address: number;
	bytes: Buffer;
}

export interface Core {
	pid: number;
	/** The first is the one that a debugger shows. */
	threads: readonly CoreThread[];
	/** As /proc/PID/auxv has it. */
	auxiliaryVector: Buffer;
	mappings: readonly CoreMapping[];
	pieces: readonly CorePiece[];
}

// <elf.h>
const machines: Partial<Record<NodeJS.Architecture, number>> = {x64: 62, arm64: 183};
const ET_CORE = 4;
const PT_LOAD = 1;
const PT_NOTE = 4;
const NT_PRSTATUS = 1;
const NT_PRPSINFO = 3;
const NT_AUXV = 6;
const NT_FILE = 0x46494c45;
const headerSize = 64;
const programHeaderSize = 56;
const pageSize = 4096;

/** A core file in memory, just complete enough to unwind the stacks of its threads. */
export function buildCore(core: Core, architecture: NodeJS.Architecture = process.arch): Buffer {
	const machine = machines[architecture];
	if (machine === undefined) throw new Error(`no core files for ${architecture}`);
	const notes = Buffer.concat([
		...core.threads.map(({tid, registers}) => note(NT_PRSTATUS, threadStatus(tid, registers))),
		note(NT_PRPSINFO, processStatus(core.pid)),
		note(NT_AUXV, core.auxiliaryVector),
		note(NT_FILE, fileNote(core.mappings)),
	]);
	const pieces = [...core.pieces].sort((one, other) => one.address - other.address);
	const headers = pieces.length + 1;
	const notesAt = headerSize + headers * programHeaderSize;
	let at = align(notesAt + notes.length);
	const table = [programHeader({type: PT_NOTE, offset: notesAt, address: 0, size: notes.length})];
	const bodies: Buffer[] = [];
	for (const {address, bytes} of pieces) {
		table.push(programHeader({type: PT_LOAD, offset: at, address, size: bytes.length}));
		bodies.push(padded(bytes, align(bytes.length)));
		at += align(bytes.length);
	}
	const head = Buffer.concat([fileHeader(machine, headers), ...table, notes]);
	return Buffer.concat([padded(head, align(head.length)), ...bodies]);
}

/** Elf64_Ehdr. */
function fileHeader(machine: number, headers: number): Buffer {
	const header = Buffer.alloc(headerSize);
	// Magic, 64 bits, little-endian, version 1.
	header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
	header.writeUInt16LE(ET_CORE, 16);
	header.writeUInt16LE(machine, 18);
	header.writeUInt32LE(1, 20);
	header.writeBigUInt64LE(BigInt(headerSize), 32);
	header.writeUInt16LE(headerSize, 52);
	header.writeUInt16LE(programHeaderSize, 54);
	header.writeUInt16LE(headers, 56);
	return header;
}

/** Elf64_Phdr, readable. */
function programHeader({
	type,
	offset,
	address,
	size,
}: Record<'type' | 'offset' | 'address' | 'size', number>): Buffer {
	const header = Buffer.alloc(programHeaderSize);
	header.writeUInt32LE(type, 0);
	header.writeUInt32LE(4, 4);
	header.writeBigUInt64LE(BigInt(offset), 8);
	header.writeBigUInt64LE(BigInt(address), 16);
	header.writeBigUInt64LE(BigInt(size), 32);
	header.writeBigUInt64LE(BigInt(type === PT_LOAD ? size : 0), 40);
	header.writeBigUInt64LE(BigInt(type === PT_LOAD ? pageSize : 4), 48);
	return header;
}

/** struct elf_prstatus: 112 bytes, of which the thread's id at 32 matters; the registers; four bytes and padding. */
function threadStatus(tid: number, registers: Buffer): Buffer {
	const status = Buffer.alloc(112 + registers.length + 8);
	status.writeUInt32LE(tid, 32);
	registers.copy(status, 112);
	return status;
}

/** struct elf_prpsinfo, 136 bytes, of which readers want the pid at 24. */
function processStatus(pid: number): Buffer {
	const status = Buffer.alloc(136);
	status.writeUInt32LE(pid, 24);
	return status;
}

/** Count and page size; start, end and page offset of each; then the names, each ended by NUL. */
function fileNote(mappings: readonly CoreMapping[]): Buffer {
	const numbers = Buffer.alloc(16 + mappings.length * 24);
	numbers.writeBigUInt64LE(BigInt(mappings.length), 0);
	numbers.writeBigUInt64LE(BigInt(pageSize), 8);
	for (const [index, {start, end, offset}] of mappings.entries()) {
		const at = 16 + index * 24;
		numbers.writeBigUInt64LE(BigInt(start), at);
		numbers.writeBigUInt64LE(BigInt(end), at + 8);
		numbers.writeBigUInt64LE(BigInt(Math.floor(offset / pageSize)), at + 16);
	}
	return Buffer.concat([numbers, Buffer.from(mappings.map(({path}) => `${path}\0`).join(''))]);
}

/** Elf64_Nhdr, then owner and content, each padded to four bytes. */
function note(type: number, content: Buffer): Buffer {
	const owner = Buffer.from('CORE\0');
	const header = Buffer.alloc(12);
	header.writeUInt32LE(owner.length, 0);
	header.writeUInt32LE(content.length, 4);
	header.writeUInt32LE(type, 8);
	const four = (size: number) => Math.ceil(size / 4) * 4;
	return Buffer.concat([header, padded(owner, four(owner.length)), padded(content, four(content.length))]);
}

function padded(bytes: Buffer, size: number): Buffer {
	return bytes.length === size ? bytes : Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]);
}

function align(size: number): number {
	return Math.ceil(size / pageSize) * pageSize;
}
