import {stRegisters, type VectorState} from '../../process/vectors.js';
import type {Decoded} from './protobuf.js';
import {type core, type extendedVectors, machine} from './schema.js';

/** General registers of one thread by CRIU's names, lower-case hex; `sp` and `pc` under their common names. */
export interface ThreadRegisters {
	registers: Record<string, string>;
	sp: string;
	pc: string;
	/** System call that it was in when it was stopped, where the machine keeps that (x86: orig_ax), else −1. */
	syscallNr: number;
	/** Its arguments, hex. */
	syscallArgs: string[];
}

/**
 * @returns undefined when the image carries no registers for this thread (a zombie), `'unknown-machine'` when
 * they are of an architecture whose layout is not known here.
 */
export function registersOf(entry: Decoded<typeof core>): ThreadRegisters | undefined | 'unknown-machine' {
	switch (entry.machine) {
		case machine.x86_64:
			return entry.x86?.registers === undefined ? undefined : x86(entry.x86.registers);
		case machine.aarch64:
			return entry.arm64?.registers === undefined ? undefined : arm64(entry.arm64.registers);
		default:
			return 'unknown-machine';
	}
}

function x86(set: Record<string, unknown>): ThreadRegisters {
	const registers = hexRecord(set);
	// The kernel writes −1 to orig_ax when a thread was not in a system call.
	const nr = Number(BigInt.asIntN(64, BigInt(registers.orig_ax ?? '0xffffffffffffffff')));
	const argument = (name: string) => registers[name] ?? '0x0';
	return {
		registers,
		sp: registers.sp ?? '0x0',
		pc: registers.ip ?? '0x0',
		syscallNr: nr,
		syscallArgs: ['di', 'si', 'dx', 'r10', 'r8', 'r9'].map(argument),
	};
}

function arm64(set: {
	regs: bigint[];
	sp: bigint | undefined;
	pc: bigint | undefined;
	pstate: bigint | undefined;
}): ThreadRegisters {
	const registers: Record<string, string> = {};
	for (const [index, value] of set.regs.entries()) {
		registers[`x${index}`] = hex(value);
	}
	for (const name of ['sp', 'pc', 'pstate'] as const) {
		registers[name] = hex(set[name] ?? 0n);
	}
	return {registers, sp: hex(set.sp ?? 0n), pc: hex(set.pc ?? 0n), syscallNr: -1, syscallArgs: []};
}

function hexRecord(set: Record<string, unknown>): Record<string, string> {
	const registers: Record<string, string> = {};
	for (const [name, value] of Object.entries(set)) {
		// The decoded message carries its type name and unknown fields beside the numbers.
		if (typeof value === 'bigint') {
			registers[criuName(name)] = hex(value);
		}
	}
	return registers;
}

/** protobuf-es names fields in camel case: `origAx` is CRIU's `orig_ax`. */
const criuName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The vector registers that the image has, as bytes in the order of the XSAVE area. */
export function vectorsOf(entry: Decoded<typeof core>): VectorState | undefined {
	const set = entry.x86?.vectors;
	if (set === undefined) return undefined;
	const control = Buffer.alloc(5);
	control.writeUInt16LE((set.cwd ?? 0) & 0xffff, 0);
	control.writeUInt16LE((set.swd ?? 0) & 0xffff, 2);
	control.writeUInt8((set.twd ?? 0) & 0xff, 4);
	return {
		x87: Buffer.concat([control, ...stRegisters(words(set.st))]),
		sse: Buffer.concat([words([set.mxcsr ?? 0]), words(set.xmm)]),
		...(set.extended === undefined ? {} : extendedOf(set.extended)),
	};
}

function extendedOf({
	ymmHigh,
	opmask,
	zmmHigh,
	zmm16,
}: Decoded<typeof extendedVectors>): Partial<VectorState> {
	const avx512 = [opmask, zmmHigh, zmm16].map(longs);
	return {
		avx: words(ymmHigh),
		...(opmask.length > 0 ? {avx512: Buffer.concat(avx512)} : {}),
	};
}

function longs(list: readonly bigint[]): Buffer {
	return Buffer.from(new BigUint64Array(list).buffer);
}

function words(list: readonly number[]): Buffer {
	const buffer = Buffer.alloc(list.length * 4);
	for (const [index, word] of list.entries()) buffer.writeUInt32LE(word >>> 0, index * 4);
	return buffer;
}
