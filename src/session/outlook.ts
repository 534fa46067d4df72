import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import {Fault, type FaultData} from '../common/fault.js';
import {requireWholePages} from '../criu/memory/dumped.js';
import {readStat} from '../kernel/proc-stat.js';
import {fileChanges, requireSameArchitecture} from './thaw-checks.js';

/** What the checks before a thaw would say now. */
export interface ThawOutlook {
	/** Why it would be refused, each as the thaw itself would say it. */
	faults: FaultData[];
	/** Files that have grown, which is accepted and told. */
	grown: string[];
}

/** Runs every check that a thaw begins with, all of them, and changes nothing. */
export async function thawOutlook(checkpoint: Checkpoint, manifest: Manifest): Promise<ThawOutlook> {
	const outlook: ThawOutlook = {faults: [], grown: []};
	const check = async (work: () => void | Promise<void>) => {
		try {
			await work();
		} catch (error) {
			outlook.faults.push(asImageFault(error).toJSON());
		}
	};
	await check(() => requireSameArchitecture(manifest));
	await check(async () => {
		const {bad, grown} = await fileChanges(checkpoint, manifest);
		outlook.grown = grown.map(({path}) => path);
		if (bad.length > 0) throw new Fault('files-changed', {files: bad}, {processState: 'frozen'});
	});
	await check(() => requireWholePages(checkpoint.images));
	await check(() => requireFreePids(manifest));
	return outlook;
}

/** Throws `pid-taken`. A zombie of that number is waited for by the thaw. */
function requireFreePids({target}: Manifest): void {
	for (const pid of target.pids) {
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
