import {frozenServices, selectedEntry} from '../selectors.js';
import {isFrozen, type SessionView} from '../session-view.js';
import type {ScreenState} from '../state/state.js';

/**
 * The session whose waiting messages are meant: that of the chosen service if it is frozen, else the one in the
 * stage bar; there also after its thaw, because what was delivered can be looked at.
 */
export function waitingSession(state: ScreenState): SessionView | undefined {
	const chosen = selectedEntry(state)?.frozen?.checkpoint;
	const view = state.sessions[chosen ?? state.active ?? ''];
	return view && (isFrozen(view) || view.backlog.last) ? view : undefined;
}

/** What to call it. */
export function titleOf({session}: SessionView): string {
	return session.names[0] ?? session.comm;
}

/** Whether anything is frozen, with or without a keeper. */
export function isAnythingFrozen(state: ScreenState): boolean {
	return frozenServices(state).length > 0;
}
