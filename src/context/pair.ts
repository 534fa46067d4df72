import type {ConnectionSnapshot, Difference, DifferenceClass, ProcessSnapshot, Snapshot} from './model.js';
import {isFrozen} from './normalise.js';
import type {ReasonKey, ReasonParams} from './reasons.js';

/** Every snapshot there is of one freeze and thaw; each is evidence for how to read the others. */
export interface Moments {
	before?: Snapshot;
	image?: Snapshot;
	preResume?: Snapshot;
	after?: Snapshot;
	/** The images as they were read for the thaw; `image` is what they said when they had just been written. */
	imageNow?: Snapshot;
	/** The tree while CRIU held it still for the dump: exactly what the images must say. */
	held?: Snapshot;
}

/** Two snapshots to compare, with what the other moments prove. */
export interface Pair {
	before: Snapshot;
	after: Snapshot;
	/** The program ran when `after` was taken: its threads may have moved on. */
	ranOn: boolean;
	/** The tree as it was restored, or frozen: what is in it and missing later went by itself. */
	witness: Snapshot | undefined;
	/** All that shows how the tree was restored, the best evidence first; empty unless the program ran since. */
	witnesses: readonly Snapshot[];
	/**
	 * `before` was taken while the program ran, and the image and the restored tree are both at hand: where these
	 * agree with each other but not with `before`, the program moved before it was frozen.
	 */
	frozenViews: {image: Snapshot; preResume: Snapshot} | undefined;
	/** The tree as it runs after the thaw. */
	final: Snapshot | undefined;
	/** Both looks were at the process before it was frozen: whatever differs it did itself. */
	bothBefore: boolean;
	/** The first inodes of connections that were made anew. */
	renewed: ReadonlySet<number>;
	differences: Difference[];
}

export function pairOf(before: Snapshot, after: Snapshot, moments: Moments): Pair {
	const bothBefore = isBeforeFreeze(before) && isBeforeFreeze(after);
	const ranOn = !isFrozen(after.moment) && !after.inCriu;
	const {image, preResume} = moments;
	const witness = isFrozen(before.moment) ? before : (preResume ?? image);
	return {
		before,
		after,
		ranOn,
		witness: ranOn ? witness : undefined,
		witnesses: ranOn
			? (isFrozen(before.moment) ? [before] : [preResume, image]).filter((one) => one !== undefined)
			: [],
		frozenViews:
			isFrozen(before.moment) || stoodStill(before) || image === undefined || preResume === undefined
				? undefined
				: {image, preResume},
		final: moments.after,
		bothBefore,
		renewed: renewedIn([...(moments.after?.connections ?? []), ...after.connections]),
		differences: [],
	};
}

function isBeforeFreeze({moment, during}: Snapshot): boolean {
	return moment === 'before' || during === 'freeze';
}

/** A tracer held every thread: from then until the freeze nothing can have moved. */
function stoodStill({during, processes}: Snapshot): boolean {
	return during === 'freeze' && processes.every(({threads}) => threads.every(({state}) => state === 't'));
}

function renewedIn(connections: readonly ConnectionSnapshot[]): Set<number> {
	return new Set(connections.flatMap(({reconnectedFrom}) => reconnectedFrom?.inode ?? []));
}

export function note<Key extends ReasonKey>(
	pair: Pair,
	path: string,
	values: readonly [before: unknown, after: unknown],
	kind: DifferenceClass,
	reason: Key,
	params: ReasonParams[Key],
): void {
	// undefined does not survive JSON.
	const [before = null, after = null] = values;
	pair.differences.push({
		path,
		before,
		after,
		class: kind,
		reason,
		params: {...params, moment: pair.after.moment},
	});
}

export function processIn(snapshot: Snapshot | undefined, pid: number): ProcessSnapshot | undefined {
	return snapshot?.processes.find((process) => process.pid === pid);
}

/**
 * Does what `read` finds agree between the image and the restored tree? Then it was so when frozen, and the
 * program itself changed it between the first look and the freeze.
 */
export function agreedWhenFrozen(
	pair: Pair,
	read: (snapshot: Snapshot) => string | number | undefined,
): boolean {
	return pair.frozenViews !== undefined && read(pair.frozenViews.image) === read(pair.frozenViews.preResume);
}
