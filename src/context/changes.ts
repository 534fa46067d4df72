import type {Snapshot} from './model.js';
import {isFrozen} from './normalise.js';
import {agreedWhenFrozen, note, type Pair} from './pair.js';
import type {ReasonKey, ReasonParams} from './reasons.js';

/**
 * Notes a property that may only change while the program runs: a program changes almost everything about itself.
 * What another moment proves decides whether it was the program.
 * @param values as texts that can be compared; undefined: that side does not tell, and nothing is noted.
 * @param read the same property at any other moment.
 * @param shown what the difference shows, where that is not the text.
 */
export function noteOwnChange<Key extends ReasonKey>(
	pair: Pair,
	path: string,
	[was, is]: readonly [was: string | undefined, is: string | undefined],
	read: (snapshot: Snapshot) => string | undefined,
	otherwise: {reason: Key; params: ReasonParams[Key]},
	shown: readonly [before: unknown, after: unknown] = [was, is],
): void {
	if (was === undefined || is === undefined || was === is) return;
	if (pair.ranOn && pair.witnesses.some((witness) => read(witness) === was)) {
		note(pair, path, shown, 'expected', 'runs-on', {});
	} else if (pair.ranOn && !isFrozen(pair.before.moment) && wasSoWhenFrozen(pair, read, is)) {
		note(pair, path, shown, 'expected', 'ran-before-freeze', {});
	} else if (pair.frozenViews && read(pair.frozenViews.image) !== undefined && agreedWhenFrozen(pair, read)) {
		// Restored exactly as it was frozen: what is otherwise at the first look or at the last, it did itself.
		note(pair, path, shown, 'expected', 'ran-before-freeze', {});
	} else {
		note(pair, path, shown, 'broken', otherwise.reason, otherwise.params);
	}
}

/** The program was frozen with that very value: it changed it before. */
function wasSoWhenFrozen(
	{frozenViews}: Pair,
	read: (snapshot: Snapshot) => string | undefined,
	value: string,
): boolean {
	return frozenViews !== undefined && read(frozenViews.image) === value;
}
