import type {MapSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import type {Comparison} from '../state/state.js';
import {heading, keyed, markAt, pairRow, processPairs} from './pairs.js';
import type {Block} from './sections.js';

/** Every stretch of memory, by where it begins. */
export function mapBlocks(comparison: Comparison, width: number): Block[] {
	const {labels} = messages().evidence;
	return processPairs(comparison).flatMap(({pid, before, after}) => {
		const process = `processes/${pid}`;
		const maps = keyed(before?.maps, after?.maps, ({start}) => start).sort((one, other) =>
			BigInt(one.key) < BigInt(other.key) ? -1 : 1,
		);
		return [
			{path: `${process}/memory`, rows: [heading(labels.process({pid}))]},
			...maps.map(({key, ...map}) => {
				const path = `${process}/maps/${key}`;
				// One side may not tell: then nothing is missing.
				const values = [told(before?.maps, map.before), told(after?.maps, map.after)] as const;
				return {path, rows: [pairRow(key.slice(2), markAt(comparison.differences, path), values, width, 14)]};
			}),
		];
	});
}

function told(all: readonly MapSnapshot[] | undefined, map: MapSnapshot | undefined): string | undefined {
	if (all === undefined) return undefined;
	return map === undefined ? '' : `${map.permissions} ${sizeText(map)} ${map.path}`;
}

/** In the kernel's own unit for memory: KiB. */
function sizeText({start, end}: MapSnapshot): string {
	return `${String((BigInt(end) - BigInt(start)) / 1024n).padStart(7)} KiB`;
}
