import {chosenIndex, listedEntries} from './checkpoints/entries.js';
import {choose} from './commands/checkpoints.js';
import {moveInDiff} from './commands/comparing.js';
import {savedNames} from './commands/filtering.js';
import type {Metrics} from './controller.js';
import {activeSession, connectionEntries, selectedEntry} from './selectors.js';
import {lastReached, stageCells} from './session-view.js';
import type {Modal} from './state/modals.js';
import type {MessageCursor, ScreenState} from './state/state.js';
import type {Store} from './store.js';
import type {TrafficView} from './traffic/view.js';

export type Motion = {lines: 1 | -1} | {pages: number} | {to: 'top' | 'bottom'};

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** Where a position in 0…`last` goes; `page` is how many lines one page has. */
export function target(motion: Motion, from: number, last: number, page: number): number {
	if ('to' in motion) return motion.to === 'top' ? 0 : last;
	const step = 'lines' in motion ? motion.lines : Math.round(motion.pages * Math.max(page - 1, 1));
	return clamp(from + step, 0, Math.max(last, 0));
}

/** Moves in whatever has the keys: the open window, else the pane in focus. */
export function moveBy(motion: Motion, store: Store, traffic: TrafficView, metrics: Metrics): void {
	const state = store.get();
	if (state.modal) scrollWindow(motion, state.modal, store, metrics);
	else if (state.focus === 'connections') moveSelection(motion, state, store, metrics.connections);
	else if (state.focus === 'traffic' && state.traffic.view === 'statistics') {
		const {height, maxScroll} = metrics.statistics;
		const scroll = target(motion, Math.min(state.traffic.scroll, maxScroll), maxScroll, height);
		store.dispatch({type: 'statistics-scroll', scroll});
	} else if (state.focus === 'traffic') moveInTraffic(motion, state, store, traffic, metrics.traffic);
	else if (state.focus === 'stages') moveStage(motion, state, store);
	else {
		const {height, maxScroll} = metrics.context;
		const scroll = target(motion, Math.min(state.contextScroll, maxScroll), maxScroll, height);
		store.dispatch({type: 'context-scroll', scroll});
	}
}

function scrollWindow(motion: Motion, modal: Modal, store: Store, metrics: Metrics): void {
	const {height, maxScroll} = metrics.modal;
	if (modal.kind === 'filters') {
		const last = savedNames(store.get()).length - 1;
		const chosen = target(motion, modal.chosen, last, height);
		store.dispatch({type: 'modal', modal: {...modal, chosen, scroll: Math.max(chosen - height + 1, 0)}});
		return;
	}
	if (modal.kind === 'checkpoints') {
		const entries = listedEntries(store.get());
		const {height: page} = metrics.checkpoints;
		const to = target(motion, Math.max(chosenIndex(entries, modal), 0), entries.length - 1, page);
		choose({store}, modal, entries, to, page);
		return;
	}
	if (modal.kind === 'diff') {
		moveInDiff(motion, store.get(), modal, {store, metrics});
		return;
	}
	if (modal.kind === 'form') return;
	const scroll = target(motion, Math.min(modal.scroll ?? 0, maxScroll), maxScroll, height);
	store.dispatch({type: 'modal', modal: {...modal, scroll}});
}

function moveSelection(motion: Motion, state: ScreenState, store: Store, page: number): void {
	const entries = connectionEntries(state);
	const chosen = selectedEntry(state)?.uniqueName;
	const at = entries.findIndex((entry) => entry.uniqueName === chosen);
	const next = entries[target(motion, at, entries.length - 1, page)];
	store.dispatch({type: 'select', uniqueName: next?.uniqueName});
}

function moveStage(motion: Motion, state: ScreenState, store: Store): void {
	const view = activeSession(state);
	if (!view) return;
	const reached = lastReached(stageCells(view));
	const to = target(motion, state.stageCursor ?? reached, reached, 4);
	store.dispatch({type: 'stage-cursor', index: to >= reached ? null : to});
}

function moveInTraffic(
	motion: Motion,
	state: ScreenState,
	store: Store,
	traffic: TrafficView,
	height: number,
): void {
	const newest = traffic.newest(state.pausedAt);
	if (newest === undefined) return;
	const cursor =
		'to' in motion ? edge(motion.to, state, traffic, height) : step(motion, newest, state, traffic, height);
	store.dispatch({type: 'message-cursor', cursor});
}

/** The oldest message, or following the newest. */
function edge(
	to: 'top' | 'bottom',
	{pausedAt}: ScreenState,
	traffic: TrafficView,
	height: number,
): MessageCursor | null {
	const index = traffic.step(0, 0, pausedAt);
	if (to === 'bottom' || index === undefined) return null;
	return {index, bottom: traffic.step(index, height - 1, pausedAt) ?? index};
}

function step(
	motion: {lines: 1 | -1} | {pages: number},
	newest: number,
	{messageCursor: cursor, pausedAt}: ScreenState,
	traffic: TrafficView,
	height: number,
): MessageCursor | null {
	const steps = 'lines' in motion ? motion.lines : Math.round(motion.pages * Math.max(height - 1, 1));
	// Down past the newest message means to follow again.
	if (steps > 0 && (!cursor || cursor.index >= newest)) return null;
	// The first step up from following only marks the newest message.
	const from = cursor?.index ?? newest;
	const index = traffic.step(from, !cursor && steps === -1 ? 0 : steps, pausedAt) ?? newest;
	const bottom = Math.max(cursor?.bottom ?? newest, index);
	const top = traffic.window(height, bottom, pausedAt).rows[0]?.index ?? index;
	return {index, bottom: index < top ? (traffic.step(index, height - 1, pausedAt) ?? bottom) : bottom};
}
