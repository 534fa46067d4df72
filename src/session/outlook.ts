import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import {standingOf} from '../checkpoint/standing.js';
import {Fault, type FaultData} from '../common/fault.js';
import type {CriuBinary} from '../criu/find.js';
import {numbersIn} from '../criu/images/numbers.js';
import {requireWholePages} from '../criu/memory/dumped.js';
import {readStat} from '../kernel/proc-stat.js';
import {requireDown} from '../systemd/unit-start.js';
import {requireAbleMachine} from './machine-checks.js';
import {fileChanges} from './thaw-checks.js';

/** What the checks before a thaw would say now. */
export interface ThawOutlook {
	/** Why it would be refused, each as the thaw itself would say it. */
	faults: FaultData[];
	/** Files that have grown, which is accepted and told. */
	grown: string[];
}

/**
 * Runs every check that a thaw begins with, all of them, and changes nothing.
 * @param criu asked for only where its word is needed.
 */
export async function thawOutlook(
	checkpoint: Checkpoint,
	manifest: Manifest,
	criu: () => Promise<CriuBinary>,
): Promise<ThawOutlook> {
	const outlook: ThawOutlook = {faults: [], grown: []};
	const check = async (work: () => void | Promise<void>) => {
		try {
			await work();
		} catch (error) {
			outlook.faults.push(asImageFault(error).toJSON());
		}
	};
	await check(async () => {
		await requireAbleMachine(checkpoint, manifest, criu);
	});
	await check(async () => {
		const {bad, grown} = await fileChanges(checkpoint, manifest);
		outlook.grown = grown.map(({path}) => path);
		if (bad.length > 0) throw new Fault('files-changed', {files: bad}, {processState: 'frozen'});
	});
	await check(() => requireFreeUnit(manifest));
	await check(() => requireWholePages(checkpoint.images));
	// Those of the threads, too, if the images can be read; that they cannot is told already.
	const numbers = await numbersIn(checkpoint.images).catch(() => manifest.target.pids);
	if (!manifest.nested) await check(() => requireFreePids(numbers));
	return outlook;
}

/** A living keeper has the place in the unit; else the thaw starts the unit. Throws `unit-active`, `no-systemd`. */
async function requireFreeUnit(manifest: Manifest): Promise<void> {
	const standing = standingOf(manifest);
	if (manifest.unit && (standing === 'keeper-gone' || standing === 'given-up'))
		await requireDown(manifest.unit.name);
}

/** Throws `pid-taken`. A zombie of that number is waited for by the thaw. */
function requireFreePids(pids: readonly number[]): void {
	for (const pid of pids) {
		const stat = readStat(pid);
		if (stat && stat.state !== 'Z')
			throw new Fault('pid-taken', {pid, command: stat.comm}, {processState: 'frozen'});
	}
}

/** Images that are not there at all are as bad as broken ones. */
function asImageFault(error: unknown): Fault {
	if (error instanceof Fault) return error;
	const {code, path} = error as NodeJS.ErrnoException;
	if (code !== 'ENOENT' || path === undefined) throw error;
	return new Fault('bad-image', {path, offset: 0, reason: 'missing'}, {processState: 'frozen'});
}
