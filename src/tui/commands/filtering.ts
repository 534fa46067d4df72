import {messages} from '../../i18n/index.js';
import type {Controller} from '../controller.js';
import {faultOf, faultSentences} from '../fault-text.js';
import {selectedEntry} from '../selectors.js';
import type {ScreenState} from '../state/state.js';
import {narrowedTo, narrowedToParty} from '../traffic/narrow.js';

/** Narrows the filter of the traffic by what is chosen: a message, or in the connections a connection. */
export function narrow(controller: Controller, state: ScreenState, negated: boolean): void {
	const {store, port, traffic} = controller;
	const before = state.filters.traffic;
	if (state.focus === 'connections') {
		const {uniqueName} = selectedEntry(state) ?? {};
		if (uniqueName !== undefined) setFilter(controller, narrowedToParty(before, uniqueName));
		return;
	}
	const index = state.messageCursor?.index ?? traffic.newest(state.pausedAt);
	const message = index === undefined ? undefined : port.traffic.get(index);
	if (!message) {
		controller.say(messages().screen.disabled.noMessages, 'warn');
		return;
	}
	setFilter(controller, narrowedTo(before, message, port.traffic, negated));
	// What is hidden cannot stay chosen.
	if (negated) store.dispatch({type: 'message-cursor', cursor: null});
}

function setFilter(controller: Controller, text: string): void {
	controller.store.dispatch({type: 'filter', pane: 'traffic', text});
	controller.say(messages().screen.filter.now(text));
}

/** Keeps what was typed: the filter, or the name under which it is saved. */
export function keepTyped(controller: Controller, {editing, filters}: ScreenState): void {
	controller.store.dispatch({type: 'end-filter', keep: true});
	if (editing?.pane !== 'name') return;
	const {name} = filters;
	controller.store.dispatch({type: 'filter', pane: 'name', text: ''});
	saved(controller, controller.port.saveFilter(name, filters.traffic), messages().screen.filter.saved(name));
}

/** Reads the saved filters; where they cannot be read it is said and there are none. */
export function loadFilters(controller: Controller): void {
	saved(controller, controller.port.filters());
}

export function openFilters({store}: Controller): void {
	store.dispatch({type: 'modal', modal: {kind: 'filters', chosen: 0, scroll: 0}});
}

/** Names of the saved filters, in the order in which they are listed. */
export function savedNames({traffic}: ScreenState): string[] {
	return Object.keys(traffic.saved).sort();
}

/** Filters by the chosen saved filter. */
export function applyFilter({store}: Controller, state: ScreenState): void {
	const name = chosenFilter(state);
	store.dispatch({type: 'modal', modal: undefined});
	if (name === undefined) return;
	store.dispatch({type: 'filter', pane: 'traffic', text: `@${name}`});
	store.dispatch({type: 'message-cursor', cursor: null});
}

export function forgetFilter(controller: Controller, state: ScreenState): void {
	const name = chosenFilter(state);
	if (name !== undefined) saved(controller, controller.port.saveFilter(name, undefined));
}

function chosenFilter(state: ScreenState): string | undefined {
	return state.modal?.kind === 'filters' ? savedNames(state)[state.modal.chosen] : undefined;
}

function saved(controller: Controller, work: Promise<Readonly<Record<string, string>>>, done?: string): void {
	work.then(
		(filters) => {
			controller.store.dispatch({type: 'saved-filters', filters});
			if (done !== undefined) controller.say(done, 'good');
		},
		(error: unknown) => controller.say(faultSentences(faultOf(error)).message, 'bad'),
	);
}
