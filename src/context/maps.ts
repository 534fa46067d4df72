import {noteOwnChange} from './changes.js';
import type {MapSnapshot, ProcessSnapshot} from './model.js';
import {pathOf} from './normalise.js';
import {type Pair, processIn} from './pair.js';

/** Every stretch of memory must be there with the same borders, rights and file. */
export function compareMaps(pair: Pair, before: ProcessSnapshot, after: ProcessSnapshot): void {
	if (before.maps === undefined || after.maps === undefined) return;
	const later = new Map(after.maps.map((map) => [map.start, map]));
	for (const map of before.maps) {
		const match = later.get(map.start);
		later.delete(map.start);
		compareMap(pair, before.pid, map.start, map, match);
	}
	for (const map of later.values()) compareMap(pair, before.pid, map.start, undefined, map);
}

function compareMap(
	pair: Pair,
	pid: number,
	start: string,
	before: MapSnapshot | undefined,
	after: MapSnapshot | undefined,
): void {
	const mapAt = (maps: readonly MapSnapshot[] | undefined) =>
		maps && mapText(maps.find((map) => map.start === start));
	noteOwnChange(
		pair,
		`processes/${pid}/maps/${start}`,
		[mapText(before), mapText(after)],
		(snapshot) => mapAt(processIn(snapshot, pid)?.maps),
		{reason: 'map-changed', params: {}},
		[before ? shownMap(before) : null, after ? shownMap(after) : null],
	);
}

/** Empty: there is none. */
function mapText(map: MapSnapshot | undefined): string {
	return map === undefined ? '' : `${map.end} ${map.permissions} ${map.offset ?? ''} ${fileOf(map.path)}`;
}

/** Shared memory without a file has a name of the kernel's or of CRIU's making, and the heap's is a courtesy. */
function fileOf(path: string): string {
	if (/^\/(?:dev\/zero|memfd:\/dev\/zero|memfd:CRIU)/.test(path)) return '(shared)';
	return path === '[heap]' || path === '[stack]' ? '' : pathOf(path);
}

export function shownMap({start, end, permissions, path}: MapSnapshot): string {
	return `${start.slice(2)}-${end.slice(2)} ${permissions} ${path}`.trim();
}
