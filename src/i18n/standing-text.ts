import type {Standing} from '../checkpoint/standing.js';
import {messages} from './index.js';

/** Where a checkpoint stands, in a few words. @param movedTo where it was moved: it lives there unless it was thawed here. */
export function standingText(standing: Standing | 'unreadable', movedTo?: string): string {
	const {cli} = messages();
	const text = cli.checkpoints;
	if (movedTo !== undefined && standing !== 'thawed') return cli.move.movedState(movedTo);
	if (standing === 'unreadable') return text.unreadable;
	if (standing === 'keeper-gone') return text.keeperGone;
	if (standing === 'given-up') return messages().unit.givenUp;
	if (standing === 'connection-gone') return text.connectionGone;
	if (standing === 'still-runs') return text.stillRuns;
	return text.states[standing] ?? standing;
}
