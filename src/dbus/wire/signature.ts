import {WireError} from './error.js';

/** Nesting limits of the specification: arrays and structs each, and both together with variants. */
export const maxContainerDepth = 32;
export const maxTotalDepth = 64;

const basicTypes = 'ybnqiuxtdsogh';

export function isBasicType(code: string): boolean {
	return code.length === 1 && basicTypes.includes(code);
}

/** Index just past the one complete type that begins at `at`. Throws WireError for a malformed signature. */
export function typeEnd(signature: string, at: number, arrays = 0, structs = 0): number {
	const code = signature[at];
	if (code === undefined) throw new WireError(`signature ${signature} ends early`);
	if (basicTypes.includes(code) || code === 'v') return at + 1;
	if (code === 'a') {
		if (arrays === maxContainerDepth) throw new WireError('arrays nested too deeply');
		return signature[at + 1] === '{'
			? dictEntryEnd(signature, at + 1, arrays + 1, structs)
			: typeEnd(signature, at + 1, arrays + 1, structs);
	}
	if (code === '(') {
		if (structs === maxContainerDepth) throw new WireError('structs nested too deeply');
		let end = typeEnd(signature, at + 1, arrays, structs + 1);
		while (signature[end] !== ')') end = typeEnd(signature, end, arrays, structs + 1);
		return end + 1;
	}
	throw new WireError(`type ${code} in signature ${signature}`);
}

/** A dict entry lives only inside an array: one basic key, one value of any type. */
function dictEntryEnd(signature: string, at: number, arrays: number, structs: number): number {
	if (structs === maxContainerDepth) throw new WireError('dict entries nested too deeply');
	if (!isBasicType(signature[at + 1] ?? '')) throw new WireError(`dict key in signature ${signature}`);
	const end = typeEnd(signature, at + 2, arrays, structs + 1);
	if (signature[end] !== '}') throw new WireError(`dict entry in signature ${signature}`);
	return end + 1;
}

/** Alignment in bytes of a type's first byte, by its first letter. */
export function alignmentOf(code: string): 1 | 2 | 4 | 8 {
	switch (code) {
		case 'y':
		case 'g':
		case 'v':
			return 1;
		case 'n':
		case 'q':
			return 2;
		case 'x':
		case 't':
		case 'd':
		case '(':
		case '{':
			return 8;
		default:
			return 4;
	}
}

/** The complete types of a signature: `sa{sv}u` → `s`, `a{sv}`, `u`. */
export function completeTypes(signature: string): string[] {
	const types: string[] = [];
	for (let at = 0; at < signature.length; ) {
		const end = typeEnd(signature, at);
		types.push(signature.slice(at, end));
		at = end;
	}
	return types;
}
