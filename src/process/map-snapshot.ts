import type {MapSnapshot} from '../context/model.js';
import type {Mapping} from './maps.js';

/** The mappings of a process as a snapshot keeps them: see `joinMaps`. */
export function mapSnapshots(mappings: readonly Mapping[]): MapSnapshot[] {
	return joinMaps(
		mappings.map(({start, end, permissions, offset, path, deleted}) => ({
			start,
			end,
			permissions,
			// Newer kernels show the clock page apart; it is one area to a restore.
			path: deleted ? `${path} (deleted)` : path === '[vvar_vclock]' ? '[vvar]' : path,
			...(path.startsWith('/') ? {offset} : {}),
		})),
	);
}

/** A mapping in numbers, from wherever it was read. */
export interface PlainMap {
	start: number;
	end: number;
	permissions: string;
	path: string;
	offset?: number;
}

/**
 * Puts neighbours together that differ in nothing but their place: the kernel keeps two mappings apart for reasons
 * of its own (when they were made, who wrote first), and a restore need not.
 */
export function joinMaps(maps: readonly PlainMap[]): MapSnapshot[] {
	const joined: PlainMap[] = [];
	for (const map of maps) {
		const last = joined.at(-1);
		if (last && continues(last, map)) last.end = map.end;
		else joined.push({...map});
	}
	return joined.map(({start, end, permissions, path, offset}) => ({
		start: hex(start),
		end: hex(end),
		permissions,
		path,
		...(offset === undefined ? {} : {offset: hex(offset)}),
	}));
}

function continues(last: PlainMap, next: PlainMap): boolean {
	return (
		last.end === next.start &&
		last.permissions === next.permissions &&
		last.path === next.path &&
		(next.offset === undefined
			? last.offset === undefined
			: last.offset !== undefined && last.offset + last.end - last.start === next.offset)
	);
}

function hex(number: number): string {
	// [vsyscall] lies where a double has no room for single bytes, and its borders are round.
	return `0x${BigInt(number).toString(16)}`;
}
