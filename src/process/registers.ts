import {createHash} from 'node:crypto';

/** General registers in the order of the kernel's struct user_regs_struct, by CRIU's names. */
const generalNames: Partial<Record<NodeJS.Architecture, readonly string[]>> = {
	x64: (
		'r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss fs_base gs_base ' +
		'ds es fs gs'
	).split(' '),
	arm64: [...Array.from({length: 31}, (_, number) => `x${number}`), 'sp', 'pc', 'pstate'],
};

/** The general registers of a thread, hex by name; undefined on an architecture that is not known here. */
export function parseGeneralRegisters(
	set: Buffer,
	architecture: NodeJS.Architecture = process.arch,
): Record<string, string> | undefined {
	const names = generalNames[architecture];
	if (!names || set.length < names.length * 8) return undefined;
	return Object.fromEntries(
		names.map((name, index) => [name, `0x${set.readBigUInt64LE(index * 8).toString(16)}`]),
	);
}

/** As the kernel lays general registers out in a core file's NT_PRSTATUS; undefined where one is missing. */
export function packGeneralRegisters(
	registers: Readonly<Record<string, string>>,
	architecture: NodeJS.Architecture = process.arch,
): Buffer | undefined {
	const names = generalNames[architecture];
	if (!names?.every((name) => registers[name] !== undefined)) return undefined;
	const set = Buffer.alloc(names.length * 8);
	for (const [index, name] of names.entries()) {
		set.writeBigUInt64LE(BigInt.asUintN(64, BigInt(registers[name] ?? 0)), index * 8);
	}
	return set;
}

/** The parts of the vector state whose digests are compared, as bytes. */
export interface VectorState {
	/** Control and status words, and the eight x87 registers. */
	x87: Uint8Array;
	/** mxcsr and the sixteen xmm registers. */
	sse: Uint8Array;
	/** Upper halves of ymm0–15. */
	avx?: Uint8Array;
}

/** Digests by part: enough to see that something changed, and small enough to be kept for every thread. */
export function vectorDigests({x87, sse, avx}: VectorState): Record<string, string> {
	return {x87: digest(x87), sse: digest(sse), ...(avx === undefined ? {} : {avx: digest(avx)})};
}

/** The first 64 bits of SHA-256: nobody tries to make two states collide. */
export function digest(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

// Offsets in the XSAVE area, Intel SDM volume 1, 10.5.1 and 13.4. What lies behind the AVX state is at
// offsets that only CPUID tells.
const legacySize = 512;
const stAt = 32;
const xmmAt = 160;
const xmmSize = 256;
const ymmHighAt = 576;
const ymmHighSize = 256;

/** The parts of an XSAVE area (NT_X86_XSTATE); undefined if it is none. */
export function parseXsave(area: Buffer): VectorState | undefined {
	if (area.length < legacySize) return undefined;
	const control = (at: number, size: number) => area.subarray(at, at + size);
	return {
		// cwd, swd, and the abridged tag word. fop, rip and rdp are left out: AMD does not always keep them.
		x87: Buffer.concat([control(0, 5), ...stRegisters(area.subarray(stAt, xmmAt))]),
		sse: Buffer.concat([control(24, 4), area.subarray(xmmAt, xmmAt + xmmSize)]),
		...(area.length >= ymmHighAt + ymmHighSize
			? {avx: area.subarray(ymmHighAt, ymmHighAt + ymmHighSize)}
			: {}),
	};
}

/** Each of the eight takes 16 bytes, of which 10 are the register. */
export function stRegisters(space: Uint8Array): Uint8Array[] {
	return Array.from({length: 8}, (_, index) => space.subarray(index * 16, index * 16 + 10));
}
