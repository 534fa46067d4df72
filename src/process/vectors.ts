import {readFileSync} from 'node:fs';
import {digest} from './registers.js';

/** The parts of the vector state whose digests are compared, as bytes. */
export interface VectorState {
	/** Control and status words, and the eight x87 registers. */
	x87: Uint8Array;
	/** mxcsr and the sixteen xmm registers. */
	sse: Uint8Array;
	/** Upper halves of ymm0–15. */
	avx?: Uint8Array;
	/** k0–7, upper halves of zmm0–15, zmm16–31. */
	avx512?: Uint8Array;
}

/** Digests by part: enough to see that something changed, and small enough to be kept for every thread. */
export function vectorDigests(state: VectorState): Record<string, string> {
	const parts = Object.entries(state) as Array<[keyof VectorState, Uint8Array]>;
	return Object.fromEntries(parts.map(([part, bytes]) => [part, digest(bytes)]));
}

// Offsets in the XSAVE area, Intel SDM volume 1, 10.5.1 and 13.4.
const legacySize = 512;
const stAt = 32;
const xmmAt = 160;
const xmmSize = 256;
const ymmHighAt = 576;
const ymmHighSize = 256;

/** k0–7, ZMM_Hi256 and Hi16_ZMM follow each other without a gap: 64, 512 and 1024 bytes. */
const avx512Size = 1600;

/**
 * Where they begin only CPUID leaf 0xD tells, which a script cannot ask. On AMD's processors (read with cpuid on an
 * EPYC) they follow the AVX state; Intel's keep room for MPX in between (BNDREGS at 960, BNDCSR at 1024, 64 bytes).
 * Nobody else is known to have AVX-512.
 */
const avx512Offsets: Readonly<Record<string, number>> = {GenuineIntel: 1088, AuthenticAMD: 832};

let known: {at: number | undefined} | undefined;

/** Where this processor's AVX-512 state is; undefined where there is none. */
function avx512At(): number | undefined {
	known ??= {at: avx512Place(readFileSync('/proc/cpuinfo', 'utf8'))};
	return known.at;
}

/** The same, of the processor that a /proc/cpuinfo describes. */
export function avx512Place(cpuinfo: string): number | undefined {
	const [, vendor = ''] = /^vendor_id\s*: (\S+)/m.exec(cpuinfo) ?? [];
	return /^flags\s*:.* avx512f\b/m.test(cpuinfo) ? avx512Offsets[vendor] : undefined;
}

/**
 * The parts of an XSAVE area (NT_X86_XSTATE); undefined if it is none.
 * @param avx512 where the AVX-512 state begins, bytes; by default where this processor has it.
 */
export function parseXsave(area: Buffer, avx512 = avx512At()): VectorState | undefined {
	if (area.length < legacySize) return undefined;
	const part = (at: number, size: number) => area.subarray(at, at + size);
	return {
		// cwd, swd, and the abridged tag word. fop, rip and rdp are left out: AMD does not always keep them.
		x87: Buffer.concat([part(0, 5), ...stRegisters(area.subarray(stAt, xmmAt))]),
		sse: Buffer.concat([part(24, 4), part(xmmAt, xmmSize)]),
		...(area.length >= ymmHighAt + ymmHighSize ? {avx: part(ymmHighAt, ymmHighSize)} : {}),
		...(avx512 !== undefined && area.length >= avx512 + avx512Size ? {avx512: part(avx512, avx512Size)} : {}),
	};
}

/** Each of the eight takes 16 bytes, of which 10 are the register. */
export function stRegisters(space: Uint8Array): Uint8Array[] {
	return Array.from({length: 8}, (_, index) => space.subarray(index * 16, index * 16 + 10));
}
