import type {Checkpoint} from '../../checkpoint/folder.js';
import type {Manifest} from '../../checkpoint/manifest.js';
import {refuseMoved} from '../../checkpoint/move/copies.js';
import {isKept, type Standing} from '../../checkpoint/standing.js';
import {Fault} from '../../common/fault.js';
import {requireOtherEnds} from '../../session/other-ends.js';
import type {NextThaw, PossibleThaw} from '../../tui/checkpoints/feed.js';
import {requireFrozen} from '../frozen.js';

/** How a thaw would go, as far as that is known without looking at images and files. */
export function nextThaw(checkpoint: Checkpoint, manifest: Manifest, standing: Standing): NextThaw {
	return unlessRefused(() => {
		if (standing !== 'keeper-gone' && standing !== 'given-up') requireFrozen(checkpoint.dir, manifest);
		const next = unlessRefused(() => wayOf(checkpoint, manifest, standing));
		const allowed = unlessRefused(() => {
			refuseMoved(checkpoint);
			return next;
		});
		if (allowed.mode !== 'impossible' || next.mode === 'impossible') return allowed;
		return {...allowed, inSpite: next};
	});
}

/** Of what is frozen, wherever else it may be, too. Throws why there is none. */
function wayOf(checkpoint: Checkpoint, manifest: Manifest, standing: Standing): PossibleThaw {
	if (standing === 'thawing' && isKept(manifest))
		throw new Fault('not-now', {why: 'busy'}, {processState: 'frozen'});
	if (standing === 'connection-gone') return {mode: 'reconnected', why: standing};
	if (standing !== 'keeper-gone' && standing !== 'given-up') return {mode: 'held'};
	const remade = manifest.held.filter(({remake}) => remake !== undefined);
	// A unit makes the namespaces of its processes anew.
	requireOtherEnds(checkpoint, manifest, remade, manifest.unit !== undefined);
	return {mode: 'reconnected', why: standing};
}

function unlessRefused(look: () => NextThaw): NextThaw {
	try {
		return look();
	} catch (error) {
		if (error instanceof Fault) return {mode: 'impossible', fault: error.toJSON()};
		throw error;
	}
}
