import {readFileSync} from 'node:fs';

/** AT_PAGESZ of <linux/auxvec.h>. */
const atPageSize = 6n;

let known: number | undefined;

/** Bytes of a page of memory on this machine: 4096 on x86-64; arm64 kernels have 4, 16 or 64 KiB. */
export function pageSize(): number {
	known ??= fromAuxiliaryVector(readFileSync('/proc/self/auxv'));
	return known;
}

function fromAuxiliaryVector(vector: Buffer): number {
	for (let at = 0; at + 16 <= vector.length; at += 16)
		if (vector.readBigUInt64LE(at) === atPageSize) return Number(vector.readBigUInt64LE(at + 8));
	throw new Error('the kernel does not tell its page size');
}
