import type {ThreadSnapshot} from './model.js';
import type {PlaceMatch} from './normalise.js';
import {note, type Pair} from './pair.js';

/**
 * Registers that a function must hand back as it got them (System V ABI of x86-64, AAPCS64), and the bases of
 * thread-local storage. The others hold arguments and leftovers while a thread waits in the kernel.
 */
const kept = [
	...['bx', 'bp', 'r12', 'r13', 'r14', 'r15', 'fs_base', 'gs_base'],
	...Array.from({length: 11}, (_, index) => `x${19 + index}`),
];

/**
 * Compares the registers of a thread that is at the same place at both moments, one of them live. It may have run
 * and come back; only when its stack is the same, with the leftovers of earlier calls below it, it has not.
 */
export function compareRegisters(
	pair: Pair,
	path: string,
	before: ThreadSnapshot,
	after: ThreadSnapshot,
	match: PlaceMatch,
): void {
	const stood = before.stackDigest !== undefined && before.stackDigest === after.stackDigest;
	const ran = pair.ranOn ? 'runs-on' : 'ran-before-freeze';
	for (const register of kept) {
		const [was, is] = [before.registers?.[register], after.registers?.[register]];
		if (was === undefined || is === undefined || BigInt(was) === BigInt(is)) continue;
		if (stood)
			note(pair, `${path}/registers/${register}`, [was, is], 'broken', 'register-changed', {register});
		else note(pair, `${path}/registers/${register}`, [was, is], 'expected', ran, {});
	}
	for (const [part, was, is] of changedVectors(before, after)) {
		// A call that returned may have changed them without a trace on the stack.
		if (stood && match === 'restarts')
			note(pair, `${path}/vectors/${part}`, [was, is], 'broken', 'vectors-changed', {part});
		else note(pair, `${path}/vectors/${part}`, [was, is], 'expected', ran, {});
	}
}

/** Both are frozen: everything must be exactly the same. */
export function compareFrozenRegisters(
	pair: Pair,
	path: string,
	before: ThreadSnapshot,
	after: ThreadSnapshot,
): void {
	for (const [register, was] of Object.entries(before.registers ?? {})) {
		const is = after.registers?.[register];
		if (is !== undefined && BigInt(was) !== BigInt(is)) {
			note(pair, `${path}/registers/${register}`, [was, is], 'broken', 'register-changed', {register});
		}
	}
	for (const [part, was, is] of changedVectors(before, after)) {
		note(pair, `${path}/vectors/${part}`, [was, is], 'broken', 'vectors-changed', {part});
	}
}

function changedVectors(
	before: ThreadSnapshot,
	after: ThreadSnapshot,
): Array<readonly [part: string, was: string, is: string]> {
	return Object.entries(before.vectors ?? {}).flatMap(([part, was]) => {
		const is = after.vectors?.[part];
		return is === undefined || is === was ? [] : [[part, was, is] as const];
	});
}
