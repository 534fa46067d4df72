import fs from 'node:fs';
import {Fault} from '../common/fault.js';
import {readLink} from '../process/read.js';
import type {Checkpoint} from './folder.js';
import type {Manifest} from './manifest.js';
import {isKept} from './standing.js';

/** A folder without a manifest that is younger, milliseconds, may be one that somebody is just about to fill. */
const youngMs = 10_000;

/** A living keeper, or somebody who starts one, works in this folder: nobody else may change anything there. */
export function isOwned(checkpoint: Checkpoint, manifest: Manifest | Fault): boolean {
	if (keeperIn(checkpoint) !== undefined) return true;
	if (!(manifest instanceof Fault)) return isKept(manifest);
	const changed = fs.statSync(checkpoint.dir, {throwIfNoEntry: false})?.mtimeMs ?? 0;
	return Date.now() - changed < youngMs;
}

/** A keeper writes its errors to a file in the folder from its first moment to its last; so it is found without asking it. */
export function keeperIn({keeperLog}: Checkpoint): number | undefined {
	return fs
		.readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.find((pid) => readLink(`/proc/${pid}/fd/2`) === keeperLog);
}
