import {messages} from '../../i18n/index.js';
import {selectedEntry, sessionUnderWay} from '../selectors.js';
import type {ScreenState} from '../state/state.js';
import {isAnythingFrozen, titleOf, waitingSession} from './target.js';

// Each says why a key can do nothing now, or undefined when it can.

export function whyNotWaiting(state: ScreenState): string | undefined {
	const say = messages().screen.disabled;
	if (waitingSession(state)) return undefined;
	if (selectedEntry(state)?.frozen?.keeperAlive === false) return say.keeperGone;
	return isAnythingFrozen(state) ? say.notThisOne : say.nothingFrozen;
}

export function whyNotPolicy(state: ScreenState): string | undefined {
	const say = messages().screen.disabled;
	if (state.readOnly) return say.readOnly;
	const busy = sessionUnderWay(state);
	if (busy) return say.underWay(titleOf(busy), busy.session.waitingAt?.name ?? '');
	const view = waitingSession(state);
	if (view?.session.phase === 'frozen') return view.ended ? say.keeperGone : undefined;
	return view ? say.isThawed : whyNotWaiting(state);
}

/** In the question before a freeze only. */
export function whyNotChoosePolicy({modal}: ScreenState): string | undefined {
	const say = messages().screen.disabled;
	if (modal?.kind !== 'freeze') return say.noChoice;
	if (modal.fault || (modal.report && modal.report.blockers.length > 0)) return say.blocked;
	return modal.report ? undefined : say.checking;
}
