import {isElsewhere} from '../selectors.js';
import {foldSession, newSessionView, type SessionView} from '../session-view.js';
import type {Action} from './actions.js';
import type {ScreenState} from './state.js';
import {markEvent} from './traffic.js';

type SessionAction = Extract<
	Action,
	{type: 'session-opened' | 'session-event' | 'session-ended' | 'session-forgotten' | 'activate'}
>;

/** What the sessions tell. */
export function reduceSessions(state: ScreenState, action: SessionAction): ScreenState {
	const {checkpoint} = action;
	const view = state.sessions[checkpoint] ?? newSessionView(checkpoint);
	const put = (next: SessionView): ScreenState['sessions'] => ({...state.sessions, [checkpoint]: next});
	switch (action.type) {
		case 'session-opened': {
			const opened = {...state, sessions: put(newSessionView(checkpoint))};
			return action.activate ? activate(opened, checkpoint) : opened;
		}
		case 'session-ended':
			return {...state, sessions: put({...view, ended: true})};
		case 'session-forgotten': {
			const {[checkpoint]: _, ...sessions} = state.sessions;
			const frozen = state.frozen.filter((service) => service.checkpoint !== checkpoint);
			const isShown = state.active === checkpoint;
			return {...(isShown ? activate(state, undefined) : state), sessions, frozen};
		}
		case 'activate':
			return activate(state, checkpoint);
		case 'session-event': {
			// What happens on another bus is no part of this one's traffic.
			const traffic = isElsewhere(state, checkpoint)
				? state.traffic
				: markEvent(state.traffic, view, action.event);
			const next = {...state, traffic, sessions: put(foldSession(view, action.event))};
			// A new stage ends the look back; a question about an answered gate is void.
			const moves = ['started', 'stage-reached', 'finished', 'failed'].includes(action.event.type);
			if (checkpoint !== state.active || !moves) return next;
			const stale = state.modal?.kind === 'abort' && state.modal.checkpoint === checkpoint;
			const answered = state.notice?.tone === 'plain' ? {notice: undefined} : {};
			return {...next, stageCursor: null, pair: undefined, ...answered, ...(stale ? {modal: undefined} : {})};
		}
	}
}

function activate(state: ScreenState, checkpoint: string | undefined): ScreenState {
	return state.active === checkpoint
		? state
		: {
				...state,
				active: checkpoint,
				stageCursor: null,
				pair: undefined,
				comparison: undefined,
				contextScroll: 0,
			};
}
