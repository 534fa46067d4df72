import fs from 'node:fs';
import path from 'node:path';
import type {Checkpoint} from '../../checkpoint/folder.js';
import type {Manifest} from '../../checkpoint/manifest.js';
import {isOwned} from '../../checkpoint/owner.js';
import {standingOf} from '../../checkpoint/standing.js';
import {Fault} from '../../common/fault.js';
import {leftovers, type RunTraces} from '../../criu/leftovers.js';
import {stageScript} from '../../criu/stage-gate.js';
import {readPutBackRecord} from '../../dbus/held/put-back-record.js';
import {nestedProcesses} from '../../process/pid-namespace.js';
import {nestLabel} from '../pid-namespace.js';

/**
 * What the end of a keeper in the middle of its work can leave of a checkpoint.
 * - `half-written`: a folder that never became a checkpoint.
 * - `processes`: criu, its helpers, or processes that are restored by half.
 * - `state`: the manifest says something that is not so.
 * - `put-back`: the stash says that its messages are on their way, or holds some that were delivered.
 * - `socket`, `gate`, `temporary`: files that nobody uses.
 */
export type LeftBehind =
	| 'half-written'
	| 'processes'
	| 'state'
	| 'put-back'
	| 'socket'
	| 'gate'
	| 'temporary';

/** What a crash has left here; nothing as long as a keeper lives. */
export function leftBehind(checkpoint: Checkpoint, manifest: Manifest | Fault): LeftBehind[] {
	if (isOwned(checkpoint, manifest)) return [];
	if (manifest instanceof Fault) return isHalfWritten(checkpoint) ? ['half-written'] : [];
	const found: Record<Exclude<LeftBehind, 'half-written'>, boolean> = {
		processes: traces(checkpoint).some(
			(one) => leftovers(one, restorablePids(checkpoint, manifest)).length > 0,
		),
		state: settledState(manifest) !== manifest.state || manifest.keeper !== null,
		'put-back': stashes(checkpoint).some((dir) => readPutBackRecord(dir) !== undefined),
		socket: fs.existsSync(checkpoint.keeperSocket),
		gate: fs.existsSync(checkpoint.gate) && fs.readdirSync(checkpoint.gate).length > 0,
		temporary: temporaryFiles(checkpoint).length > 0,
	};
	return Object.entries(found).flatMap(([what, is]) => (is ? [what as LeftBehind] : []));
}

/** What the manifest must say when no keeper lives. */
export function settledState(manifest: Manifest): Manifest['state'] {
	const standing = standingOf(manifest);
	if (standing === 'still-runs') return 'aborted';
	if (standing === 'keeper-gone' || standing === 'connection-gone' || standing === 'given-up')
		return 'frozen';
	return standing;
}

/** Nothing but what we make ourselves, and no manifest. */
function isHalfWritten({dir}: Checkpoint): boolean {
	const ours = new Set([
		'images',
		'gate',
		'stash',
		'keeper.log',
		'keeper.sock',
		'events.jsonl',
		'before.json',
	]);
	const names = readNames(dir).filter((name) => !name.endsWith('.new'));
	return names.includes('images') && names.every((name) => ours.has(name));
}

export function traces(checkpoint: Checkpoint): RunTraces[] {
	return (['dump', 'restore'] as const).map((operation) => ({
		operation,
		imageDir: checkpoint.images,
		actionScript: stageScript(path.join(checkpoint.gate, operation)),
	}));
}

/** Only what was gone may be there by half. */
export function restorablePids(checkpoint: Checkpoint, manifest: Manifest): number[] {
	const {state, target} = manifest;
	if (state !== 'frozen' && state !== 'thawing') return [];
	const nested = nestedProcesses(nestLabel(checkpoint, manifest));
	return nested.length > 0 ? nested : target.pids;
}

export function stashes({stash}: Checkpoint): string[] {
	return readNames(stash).map((name) => path.join(stash, name));
}

export function temporaryFiles({dir}: Checkpoint): string[] {
	return readNames(dir)
		.filter((name) => name.endsWith('.new'))
		.map((name) => path.join(dir, name));
}

function readNames(dir: string): string[] {
	try {
		return fs.readdirSync(dir);
	} catch {
		return [];
	}
}
