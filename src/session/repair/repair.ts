import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import type {Checkpoint} from '../../checkpoint/folder.js';
import type {Manifest} from '../../checkpoint/manifest.js';
import {isOwned} from '../../checkpoint/owner.js';
import {Fault} from '../../common/fault.js';
import {criuProcesses, endLeftovers} from '../../criu/leftovers.js';
import {readPutBackRecord, removePutBackRecord} from '../../dbus/held/put-back-record.js';
import {Stash} from '../../dbus/held/stash.js';
import {settleTarget} from '../dump-cut-short.js';
import {
	type LeftBehind,
	leftBehind,
	restorablePids,
	settledState,
	stashes,
	temporaryFiles,
	traces,
} from './left-behind.js';

/**
 * A criu whose keeper has died ends by itself at its next stage, and lets go of the target or ends what it has
 * restored. One that takes longer, milliseconds, hangs.
 */
const ownEndMs = 3000;
const lookMs = 10;

/**
 * Brings a checkpoint whose keeper has died into a state that is true and can be worked with. What was frozen
 * stays frozen: its images and its stash are not touched. Does nothing as long as a keeper lives.
 * @returns what was repaired. A folder that was `half-written` is gone afterwards.
 */
export async function repair(checkpoint: Checkpoint): Promise<LeftBehind[]> {
	const first = manifestOf(checkpoint);
	if (isOwned(checkpoint, first)) return [];
	if (first instanceof Fault) {
		const found = leftBehind(checkpoint, first);
		if (found.includes('half-written')) fs.rmSync(checkpoint.dir, {recursive: true, force: true});
		return found;
	}
	const found = leftBehind(checkpoint, first);
	if (found.includes('processes')) await endProcesses(checkpoint, first);
	const state = settledState(first);
	if (state !== first.state || first.keeper !== null)
		checkpoint.writeManifest({...first, state, keeper: null});
	settleStashes(checkpoint, state);
	fs.rmSync(checkpoint.keeperSocket, {force: true});
	for (const name of fs.existsSync(checkpoint.gate) ? fs.readdirSync(checkpoint.gate) : [])
		fs.rmSync(`${checkpoint.gate}/${name}`, {recursive: true, force: true});
	for (const file of temporaryFiles(checkpoint)) fs.rmSync(file, {force: true});
	return found;
}

async function endProcesses(checkpoint: Checkpoint, manifest: Manifest): Promise<void> {
	const [dump, restore] = traces(checkpoint);
	if (!dump || !restore) return;
	const end = performance.now() + ownEndMs;
	const isAtWork = () => [dump, restore].some((one) => criuProcesses(one).length > 0);
	while (isAtWork() && performance.now() < end) await delay(lookMs);
	const hangs = criuProcesses(dump).length > 0;
	await endLeftovers(dump, () => []);
	const before = checkpoint.readSnapshot('before');
	if (hangs && before) await settleTarget(before, manifest.state === 'frozen');
	await endLeftovers(restore, () => restorablePids(checkpoint, manifest));
}

/**
 * What was put back is in the connection or delivered: see PutBackRecord. The service runs: it has everything that
 * was put back. It does not: all of it is still to be delivered.
 */
function settleStashes(checkpoint: Checkpoint, state: Manifest['state']): void {
	for (const dir of stashes(checkpoint)) {
		const record = readPutBackRecord(dir);
		if (!record) continue;
		if (state === 'thawed' && record.complete) Stash.open(dir).clear();
		removePutBackRecord(dir);
	}
}

function manifestOf(checkpoint: Checkpoint): Manifest | Fault {
	try {
		return checkpoint.readManifest();
	} catch (error) {
		if (error instanceof Fault) return error;
		throw error;
	}
}
