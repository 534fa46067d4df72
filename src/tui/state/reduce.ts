import type {Action} from './actions.js';
import {reduceCheckpoints} from './checkpoints.js';
import {fillModal} from './modals.js';
import {reduceSessions} from './sessions.js';
import type {FilterPane, Pane, ScreenState} from './state.js';
import {reduceTraffic} from './traffic.js';

/** The one place where the screen's state changes. Pure. */
export function reduce(state: ScreenState, action: Action): ScreenState {
	switch (action.type) {
		case 'peers':
			return {...state, peers: action.peers};
		case 'frozen':
			return {...state, frozen: action.frozen};
		case 'focus':
			return {...state, focus: action.pane};
		case 'select':
			return {...state, selected: action.uniqueName};
		case 'edit-filter':
			return {
				...state,
				focus: focusWhileTyping(action.pane, state.focus),
				editing: {pane: action.pane, previous: state.filters[action.pane]},
			};
		case 'filter':
			return {...state, filters: {...state.filters, [action.pane]: action.text}};
		case 'end-filter':
			return endFilter(state, action.keep);
		case 'message-cursor':
			return {...state, messageCursor: action.cursor};
		case 'pause':
			return {...state, pausedAt: action.at};
		case 'traffic-view':
		case 'wide':
		case 'statistics-order':
		case 'statistics-scroll':
		case 'saved-filters':
			return reduceTraffic(state, action);
		case 'checkpoints':
		case 'look':
		case 'job':
		case 'outcome':
			return {...state, checkpoints: reduceCheckpoints(state.checkpoints, action)};
		case 'opening':
			return {...state, opening: action.on};
		case 'session-opened':
		case 'session-event':
		case 'session-ended':
		case 'session-forgotten':
		case 'activate':
			return reduceSessions(state, action);
		case 'stage-cursor':
			return {...state, stageCursor: action.index, pair: undefined};
		case 'pair':
			return {...state, pair: action.pair};
		case 'comparison':
			return {...state, comparison: action.comparison};
		case 'context-scroll':
			return {...state, contextScroll: Math.max(action.scroll, 0)};
		case 'modal':
			return {...state, modal: action.modal};
		case 'preflight':
		case 'details':
			return {...state, modal: fillModal(state.modal, action)};
		case 'notice':
			return {...state, notice: action.notice};
		case 'leave':
			return {...state, leaving: true};
	}
}

/** What lies over the panes leaves the focus where it is. */
function focusWhileTyping(typed: FilterPane, focus: Pane): Pane {
	if (typed === 'name') return 'traffic';
	return typed === 'evidence' || typed === 'checkpoints' ? focus : typed;
}

function endFilter(state: ScreenState, keep: boolean): ScreenState {
	if (!state.editing) return state;
	const {pane, previous} = state.editing;
	return {
		...state,
		editing: undefined,
		filters: keep ? state.filters : {...state.filters, [pane]: previous},
	};
}
