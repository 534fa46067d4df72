import type {Controller} from '../controller.js';
import {activeSession} from '../selectors.js';
import {lastReached, stageCells} from '../session-view.js';
import {panes, type ScreenState} from '../state/state.js';

export function focus({store}: Controller, state: ScreenState, step: 1 | -1): void {
	const shown = panes.filter(
		(pane) => state.active !== undefined || pane === 'connections' || pane === 'traffic',
	);
	const next = (shown.indexOf(state.focus) + step + shown.length) % shown.length;
	store.dispatch({type: 'focus', pane: shown[next] ?? 'connections'});
}

export function clear({store}: Controller, {focus: pane}: ScreenState): void {
	if (pane === 'connections' || pane === 'traffic') store.dispatch({type: 'filter', pane, text: ''});
	store.dispatch({type: 'message-cursor', cursor: null});
	store.dispatch({type: 'pause', at: null});
	store.dispatch({type: 'stage-cursor', index: null});
}

/** Changes the filter that is being typed. */
export function retype({store}: Controller, state: ScreenState, change: (text: string) => string): void {
	if (!state.editing) return;
	const {pane} = state.editing;
	store.dispatch({type: 'filter', pane, text: change(state.filters[pane])});
}

export function walk({store}: Controller, state: ScreenState, step: -1 | 1): void {
	const view = activeSession(state);
	if (!view) return;
	const reached = lastReached(stageCells(view));
	const to = (state.stageCursor ?? reached) + step;
	store.dispatch({type: 'stage-cursor', index: to >= reached ? null : to});
}
