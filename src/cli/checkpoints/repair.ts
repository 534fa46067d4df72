import fs from 'node:fs';
import path from 'node:path';
import {standingOf} from '../../checkpoint/standing.js';
import type {CheckpointStore} from '../../checkpoint/store.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import type {LeftBehind} from '../../session/repair/left-behind.js';
import {repair} from '../../session/repair/repair.js';

export interface Repaired {
	name: string;
	dir: string;
	repaired: Array<LeftBehind | 'dangling-link'>;
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
	return repaired;
}

/** What there is to say of it, and of what is still frozen without a connection; not escaped yet. */
export function repairLines(repaired: readonly Repaired[], store: CheckpointStore): string[] {
	const text = messages().cli.checkpoints;
	const lost = store
		.list()
		.filter(({manifest}) => !(manifest instanceof Fault) && standingOf(manifest) === 'keeper-gone');
	return [
		...(repaired.length === 0 ? [text.nothingToRepair] : []),
		...repaired.map(({name, repaired: found}) =>
			text.repaired(
				name,
				found.map((what) => text.leftBehind[what]),
			),
		),
		...lost.map(({name}) => text.remains(name)),
	];
}
