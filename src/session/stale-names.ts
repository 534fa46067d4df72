import type {ConnectionSnapshot, Difference} from '../context/model.js';
import {dumpedMemory} from '../criu/memory/dumped.js';
import {type MemoryPlace, searchDumped} from '../criu/memory/search.js';
import type {SessionParts} from './parts.js';

/** Places that are named one by one. */
const named = 3;

/**
 * Where a service that got a new connection still keeps its old unique name: what it tells others by that name goes
 * nowhere. For people to know; nobody can say which of these places matter.
 */
export async function staleNames(
	{checkpoint}: SessionParts,
	connections: readonly ConnectionSnapshot[],
): Promise<Difference[]> {
	const renewed = connections.filter(({reconnectedFrom}) => reconnectedFrom);
	if (renewed.length === 0) return [];
	const memory = await dumpedMemory(checkpoint.images);
	const differences: Difference[] = [];
	for (const {pid, fd, reconnectedFrom} of renewed) {
		const name = reconnectedFrom?.uniqueName ?? '';
		const places = await searchDumped(memory, Buffer.from(name), isNoDigit, () => {});
		if (places.length > 0) differences.push(difference(`connections/${pid}:${fd}/cached`, name, places));
	}
	return differences;
}

function difference(path: string, name: string, places: readonly MemoryPlace[]): Difference {
	const first = places.slice(0, named).map(({pid, address}) => `${pid}:${address}`);
	const params = {name, count: places.length, places: first.join(' ')};
	return {path, before: name, after: places.length, class: 'expected', reason: 'stale-name', params};
}

function isNoDigit(byte: number): boolean {
	return byte < 0x30 || byte > 0x39;
}
