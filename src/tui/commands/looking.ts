import {messages} from '../../i18n/index.js';
import type {Controller} from '../controller.js';
import {activeSession} from '../selectors.js';
import {lastReached, stageCells} from '../session-view.js';
import {panes, type ScreenState} from '../state/state.js';
import {isWide, statisticsOrders, type TrafficViewKind} from '../state/traffic.js';

export function focus({store}: Controller, state: ScreenState, step: 1 | -1): void {
	const shown = panes.filter((pane) => {
		if (pane === 'connections') return !isWide(state);
		return state.active !== undefined || pane === 'traffic';
	});
	const next = (shown.indexOf(state.focus) + step + shown.length) % shown.length;
	store.dispatch({type: 'focus', pane: shown[next] ?? 'traffic'});
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

/** Looks at the traffic in another way; what has the keys follows. */
export function showTraffic({store}: Controller, view: TrafficViewKind): void {
	store.dispatch({type: 'traffic-view', view});
}

/** The next order of the statistics. */
export function sortStatistics(controller: Controller, {traffic}: ScreenState): void {
	const next = (statisticsOrders.indexOf(traffic.order) + 1) % statisticsOrders.length;
	const order = statisticsOrders[next] ?? 'count';
	controller.store.dispatch({type: 'statistics-order', order});
	controller.say(messages().screen.statistics.orders[order]);
}
