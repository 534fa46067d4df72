import type {Standing} from '../checkpoint/standing.js';
import {messages} from './index.js';

/** Where a checkpoint stands, in a few words. @param movedTo where it lives instead of here. */
export function standingText(standing: Standing | 'unreadable', movedTo?: string): string {
	const {cli} = messages();
	const text = cli.checkpoints;
	if (movedTo !== undefined) return cli.move.movedState(movedTo);
	if (standing === 'unreadable') return text.unreadable;
	if (standing === 'keeper-gone') return text.keeperGone;
	if (standing === 'connection-gone') return text.connectionGone;
	if (standing === 'still-runs') return text.stillRuns;
	return text.states[standing] ?? standing;
}
