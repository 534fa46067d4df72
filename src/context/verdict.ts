import {compareSnapshots} from './diff.js';
import type {Difference, DifferenceClass, Snapshot, Verdict} from './model.js';
import type {Moments} from './pair.js';

/**
 * Is it the same program at the same place? `before` against every later moment, the image against the restored
 * tree (which must agree exactly), and against itself as it was read for the thaw: the same finding from several
 * moments counts once, by its worst class.
 */
export function judge(moments: Moments & {before: Snapshot}): Verdict {
	const {before, image, imageNow, held, preResume, after} = moments;
	const pairs: Array<[Snapshot, Snapshot | undefined]> = [[before, image]];
	if (held !== undefined) {
		pairs.push([held, image]);
	}
	if (image !== undefined) {
		pairs.push([image, preResume]);
	}
	pairs.push([before, preResume], [before, after]);
	const edits = image === undefined || imageNow === undefined ? [] : imageEdits(image, imageNow);
	return verdictOf([
		...edits,
		...pairs.flatMap(([one, other]) => (other === undefined ? [] : compareSnapshots(one, other, moments))),
	]);
}

/** What somebody changed in the images between the freeze and the thaw: whatever it is, it was not the program. */
export function imageEdits(written: Snapshot, read: Snapshot): Difference[] {
	return compareSnapshots(written, read).map((difference) => ({
		...difference,
		class: 'broken',
		reason: 'image-edited',
	}));
}

/** The verdict on a list of differences, each finding once. */
export function verdictOf(found: Difference[]): Verdict {
	const differences: Difference[] = [];
	for (const difference of found) {
		const index = differences.findIndex((known) => isSameFinding(known, difference));
		const known = differences[index];
		if (known === undefined) {
			differences.push(difference);
		} else if (rank[difference.class] > rank[known.class] || isLaterView(known, difference)) {
			differences[index] = difference;
		}
	}
	return {preserved: differences.every((difference) => difference.class === 'expected'), differences};
}

const rank: Record<DifferenceClass, number> = {expected: 0, changed: 1, broken: 2};

/** What is expected is shown as it ended up; what went wrong as it was first seen. */
function isLaterView(known: Difference, difference: Difference): boolean {
	return difference.class === 'expected' && known.class === 'expected' && known.reason === difference.reason;
}

/** Two lost match rules have one path; they are two findings. */
function isSameFinding(one: Difference, other: Difference): boolean {
	return (
		one.path === other.path &&
		(one.reason === other.reason || rank[one.class] !== rank[other.class]) &&
		one.params?.rule === other.params?.rule
	);
}
