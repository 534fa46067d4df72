import fs from 'node:fs';
import path from 'node:path';
import {type Standing, standingOf} from '../../checkpoint/standing.js';
import type {CheckpointStore} from '../../checkpoint/store.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import type {LeftBehind} from '../../session/repair/left-behind.js';
import {repair} from '../../session/repair/repair.js';
import {repairDropIns} from '../../systemd/drop-in.js';

export interface Repaired {
	name: string;
	dir: string;
	repaired: Array<LeftBehind | 'dangling-link' | 'unit-settings'>;
}

/** Puts right what crashes have left of all checkpoints; nothing that a living keeper owns is touched, nothing frozen is given up. */
export async function repairStore(store: CheckpointStore): Promise<Repaired[]> {
	const repaired: Repaired[] = [];
	for (const {name, checkpoint} of store.list()) {
		const found = await repair(checkpoint);
		if (found.length > 0) repaired.push({name, dir: checkpoint.dir, repaired: found});
	}
	for (const link of store.danglingLinks()) {
		fs.rmSync(link);
		repaired.push({name: path.basename(link), dir: link, repaired: ['dangling-link']});
	}
	for (const {unit, file} of await repairDropIns())
		repaired.push({name: unit, dir: file, repaired: ['unit-settings']});
	return repaired;
}

/** What there is to say of it, and of what is still frozen without a connection; not escaped yet. */
export function repairLines(repaired: readonly Repaired[], store: CheckpointStore): string[] {
	const text = messages().cli.checkpoints;
	const standing = (wanted: Standing) =>
		store.list().filter(({manifest}) => !(manifest instanceof Fault) && standingOf(manifest) === wanted);
	return [
		...(repaired.length === 0 ? [text.nothingToRepair] : []),
		...repaired.map(({name, repaired: found}) =>
			text.repaired(
				name,
				found.map((what) => text.leftBehind[what]),
			),
		),
		...standing('keeper-gone').map(({name}) => text.remains(name)),
		...standing('given-up').map(({name}) => messages().unit.givenUpRemains(name)),
	];
}
