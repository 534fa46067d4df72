import {join} from 'node:path';
import type {Checkpoint} from '../checkpoint/folder.js';
import {Fault} from '../common/fault.js';
import {compareSnapshots, type Moments} from '../context/diff.js';
import {checkMemoryReport, withMemory} from '../context/memory.js';
import type {Snapshot, Verdict} from '../context/model.js';
import {judge, verdictOf} from '../context/verdict.js';
import {imageSnapshot} from '../criu/images/snapshot.js';
import type {MemoryReport} from '../criu/memory/report.js';
import {messages} from '../i18n/index.js';
import {readSnapshotFile} from './snapshot-file.js';

/** Two snapshots, and what to say of them. */
export interface Comparison {
	before: Snapshot;
	after: Snapshot;
	/** Every moment that there is a snapshot of, in the order of time; with the two above. */
	moments: Snapshot[];
	verdict: Verdict;
	/** How the restored memory compared, where it was. */
	memory?: MemoryReport;
}

/** Two files that anybody may have made. */
export function compareTwo(before: Snapshot, after: Snapshot): Comparison {
	return {before, after, moments: [before, after], verdict: verdictOf(compareSnapshots(before, after))};
}

/**
 * The moments of a checkpoint.
 * @throws Fault `bad-snapshot` when there is nothing to compare.
 */
export async function compareMoments(checkpoint: Checkpoint): Promise<Comparison> {
	const text = messages().evidence.diff;
	const [before, image, preResume, after] = await Promise.all([
		readMoment(checkpoint, 'before'),
		readMoment(checkpoint, 'image').then((stored) => stored ?? readImages(checkpoint)),
		readMoment(checkpoint, 'pre-resume'),
		readMoment(checkpoint, 'after'),
	]);
	if (before === undefined) {
		throw new Fault('bad-snapshot', {path: checkpoint.dir, reason: text.noSnapshots});
	}
	const last = after ?? preResume ?? image;
	if (last === undefined) {
		throw new Fault('bad-snapshot', {path: checkpoint.dir, reason: text.onlyBefore});
	}
	const moments: Moments = {
		...(image === undefined ? {} : {image}),
		...(preResume === undefined ? {} : {preResume}),
		...(after === undefined ? {} : {after}),
	};
	const memory = after === undefined ? undefined : checkMemoryReport(checkpoint.readMemory());
	const verdict = withMemory(judge({before, ...moments}), memory);
	const seen = [before, image, preResume, after].filter((moment) => moment !== undefined);
	return {before, after: last, moments: seen, verdict, ...(memory && {memory})};
}

async function readMoment(checkpoint: Checkpoint, moment: Snapshot['moment']): Promise<Snapshot | undefined> {
	try {
		return await readSnapshotFile(join(checkpoint.dir, `${moment}.json`));
	} catch (error) {
		if (error instanceof Fault && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
			return undefined;
		}
		throw error;
	}
}

/** A checkpoint that was frozen and not looked at yet has only criu's own files. */
export async function readImages(checkpoint: Checkpoint): Promise<Snapshot | undefined> {
	try {
		return await imageSnapshot(checkpoint.images);
	} catch (error) {
		// A freeze that was cut short has no inventory yet: criu writes it last.
		if (error instanceof Fault && (error as Fault<'bad-image'>).params.reason === 'missing') {
			return undefined;
		}
		throw error;
	}
}
