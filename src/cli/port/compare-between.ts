import {compareSnapshots} from '../../context/diff.js';
import type {Difference, Moment, Snapshot, Verdict} from '../../context/model.js';
import {verdictOf} from '../../context/verdict.js';

export interface ComparedMoments {
	differences: Difference[];
	verdict: Verdict;
}

/** Compares two moments of one session, with what the others say of what changed between. Undefined: one is missing. */
export async function compareBetween(
	read: (moment: Moment) => Promise<Snapshot | undefined>,
	before: Moment,
	after: Moment,
): Promise<ComparedMoments | undefined> {
	const [one, other, image, preResume] = await Promise.all(
		([before, after, 'image', 'pre-resume'] as const).map(read),
	);
	if (!one || !other) return undefined;
	const moments = {...(image ? {image} : {}), ...(preResume ? {preResume} : {})};
	const differences = compareSnapshots(one, other, moments);
	return {differences, verdict: verdictOf(differences)};
}
