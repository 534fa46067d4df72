import {WireError} from './error.js';
import {alignmentOf, maxContainerDepth, typeEnd} from './signature.js';

/** One complete type of a signature, taken apart once so that values need no second look at the text. */
export interface WireType {
	/** The whole type, e.g. `a{sv}`. */
	readonly text: string;
	/** Its first character, as a code. */
	readonly code: number;
	readonly alignment: 1 | 2 | 4 | 8;
	/** Bytes of a value, where all values of the type have the same; else 0. */
	readonly size: number;
	/** Of an array: what it holds. Of a dictionary: the value's type. */
	readonly element?: WireType;
	/** Of a dictionary (`a{…}`): the key's type. */
	readonly key?: WireType;
	/** Of a struct. */
	readonly members?: readonly WireType[];
}

const fixedSizes: Record<string, number> = {y: 1, b: 4, n: 2, q: 2, i: 4, u: 4, h: 4, x: 8, t: 8, d: 8};
/** Signatures of a bus are few; a hostile peer could send ever new ones. */
const mostCached = 1024;
const cache = new Map<string, readonly WireType[]>();

/** The complete types of a signature. Throws WireError when it is malformed. */
export function wireTypes(signature: string): readonly WireType[] {
	let types = cache.get(signature);
	if (types === undefined) {
		types = compile(signature);
		if (cache.size >= mostCached) cache.clear();
		cache.set(signature, types);
	}
	return types;
}

function compile(signature: string): WireType[] {
	const types: WireType[] = [];
	for (let at = 0; at < signature.length; ) {
		const end = typeEnd(signature, at);
		types.push(compileOne(signature.slice(at, end), 0));
		at = end;
	}
	return types;
}

/** `text` is one type that is known to be well-formed. */
function compileOne(text: string, depth: number): WireType {
	if (depth > 2 * maxContainerDepth) throw new WireError('types nested too deeply');
	const first = text[0] as string;
	const base = {
		text,
		code: first.charCodeAt(0),
		alignment: alignmentOf(first),
		size: fixedSizes[first] ?? 0,
	};
	if (first === '(') return {...base, members: compileAll(text.slice(1, -1), depth + 1)};
	if (first !== 'a') return base;
	if (text[1] !== '{') return {...base, element: compileOne(text.slice(1), depth + 1)};
	const [key, element] = compileAll(text.slice(2, -1), depth + 1);
	if (key === undefined || element === undefined) throw new WireError(`dict entry in ${text}`);
	return {...base, key, element};
}

function compileAll(text: string, depth: number): WireType[] {
	const types: WireType[] = [];
	for (let at = 0; at < text.length; ) {
		const end = typeEnd(text, at);
		types.push(compileOne(text.slice(at, end), depth));
		at = end;
	}
	return types;
}
