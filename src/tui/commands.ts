import type {Moment} from '../context/model.js';
import {messages} from '../i18n/index.js';
import type {Controller} from './controller.js';
import {faultOf} from './fault-text.js';
import type {KeyId} from './keys.js';
import {moveBy} from './motion.js';
import {
	activeSession,
	frozenServices,
	selectedEntry,
	sessionUnderWay,
	thawable,
	wantedPair,
} from './selectors.js';
import {lastReached, stageCells} from './session-view.js';
import {panes, type ScreenState} from './store.js';

type Command = (controller: Controller, state: ScreenState) => void;

/** What each key of the table does. That it may act now was asked of the table before. */
export const commands: Record<KeyId, Command> = {
	'move-up': ({store, traffic, metrics}) => moveBy({lines: -1}, store, traffic, metrics),
	'move-down': ({store, traffic, metrics}) => moveBy({lines: 1}, store, traffic, metrics),
	'half-up': ({store, traffic, metrics}) => moveBy({pages: -0.5}, store, traffic, metrics),
	'half-down': ({store, traffic, metrics}) => moveBy({pages: 0.5}, store, traffic, metrics),
	'page-up': ({store, traffic, metrics}) => moveBy({pages: -1}, store, traffic, metrics),
	'page-down': ({store, traffic, metrics}) => moveBy({pages: 1}, store, traffic, metrics),
	top: ({store, traffic, metrics}) => moveBy({to: 'top'}, store, traffic, metrics),
	bottom: ({store, traffic, metrics}) => moveBy({to: 'bottom'}, store, traffic, metrics),
	'next-pane': (controller, state) => focus(controller, state, 1),
	'previous-pane': (controller, state) => focus(controller, state, -1),
	open: (controller, state) => {
		if (state.focus === 'connections') openConnection(controller, state);
		else if (state.focus === 'traffic') openMessage(controller, state);
		else openDiff(controller);
	},
	'stage-left': (controller, state) => walk(controller, state, -1),
	'stage-right': (controller, state) => walk(controller, state, 1),
	diff: openDiff,
	filter: ({store}, {focus: pane}) => {
		// What is being filtered should be in view as it comes.
		if (pane === 'traffic') store.dispatch({type: 'message-cursor', cursor: null});
		if (pane === 'connections' || pane === 'traffic') store.dispatch({type: 'edit-filter', pane});
	},
	'clear-filter': clear,
	pause: ({store, port}, {pausedAt}) =>
		store.dispatch({type: 'pause', at: pausedAt === null ? port.traffic.range().end : null}),
	freeze: askFreeze,
	next: ({sessions}, {active}) => sessions.of(active)?.decide('continue'),
	continue: (controller, {active}) => {
		controller.sessions.of(active)?.continueAll();
		controller.say(messages().screen.notice.continuing);
	},
	abort,
	thaw: ({store}, state) => {
		const service = thawable(state);
		if (!service) return;
		const label = service.names[0] ?? service.uniqueName;
		store.dispatch({type: 'modal', modal: {kind: 'thaw', checkpoint: service.checkpoint, label}});
	},
	yes: confirm,
	no: close,
	close,
	'filter-keep': ({store}) => store.dispatch({type: 'end-filter', keep: true}),
	'filter-undo': ({store}) => store.dispatch({type: 'end-filter', keep: false}),
	'filter-erase': (controller, state) =>
		retype(controller, state, (text) => Array.from(text).slice(0, -1).join('')),
	'filter-erase-all': (controller, state) => retype(controller, state, () => ''),
	'moment-left': (controller, state) => otherMoment(controller, state, -1),
	'moment-right': (controller, state) => otherMoment(controller, state, 1),
	'diff-side': ({store}, {modal}) => {
		if (modal?.kind !== 'diff') return;
		store.dispatch({type: 'modal', modal: {...modal, side: modal.side === 'after' ? 'before' : 'after'}});
	},
	help: ({store}, {modal}) =>
		store.dispatch({type: 'modal', modal: modal?.kind === 'help' ? undefined : {kind: 'help', scroll: 0}}),
	quit: (controller, state) => {
		if (frozenServices(state).length === 0 && !sessionUnderWay(state)) controller.leave();
		else controller.store.dispatch({type: 'modal', modal: {kind: 'quit'}});
	},
};

function close({store}: Controller): void {
	store.dispatch({type: 'modal', modal: undefined});
}

function focus({store}: Controller, state: ScreenState, step: 1 | -1): void {
	const shown = panes.filter(
		(pane) => state.active !== undefined || pane === 'connections' || pane === 'traffic',
	);
	const next = (shown.indexOf(state.focus) + step + shown.length) % shown.length;
	store.dispatch({type: 'focus', pane: shown[next] ?? 'connections'});
}

function clear({store}: Controller, {focus: pane}: ScreenState): void {
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

function walk({store}: Controller, state: ScreenState, step: -1 | 1): void {
	const view = activeSession(state);
	if (!view) return;
	const reached = lastReached(stageCells(view));
	const to = (state.stageCursor ?? reached) + step;
	store.dispatch({type: 'stage-cursor', index: to >= reached ? null : to});
}

function openDiff({store}: Controller): void {
	store.dispatch({type: 'modal', modal: {kind: 'diff', side: 'after', scroll: 0}});
}

const momentsInTime: readonly Moment[] = ['before', 'image', 'pre-resume', 'after'];

/** A snapshot may be made later than the moment that it shows: the image's is made when it is asked for. */
function inTime(a: Moment, b: Moment): number {
	return momentsInTime.indexOf(a) - momentsInTime.indexOf(b);
}

function otherMoment(controller: Controller, state: ScreenState, step: -1 | 1): void {
	const pair = wantedPair(state);
	const moments = activeSession(state)?.session.moments.toSorted(inTime) ?? [];
	const {modal} = state;
	if (!pair || modal?.kind !== 'diff') return;
	const next = moments[moments.indexOf(pair[modal.side]) + step];
	if (!next) {
		controller.say(messages().screen.disabled.endOfMoments, 'warn');
		return;
	}
	controller.store.dispatch({type: 'pair', pair: {...pair, [modal.side]: next}});
	controller.store.dispatch({type: 'modal', modal: {...modal, scroll: 0}});
}

function openConnection({store, port, sessions}: Controller, state: ScreenState): void {
	const entry = selectedEntry(state);
	if (!entry) return;
	const {uniqueName, frozen} = entry;
	store.dispatch({type: 'modal', modal: {kind: 'connection', uniqueName, scroll: 0}});
	// A frozen process has no /proc entry: what was seen before the freeze stands for it.
	const reading = frozen
		? sessions.snapshot(frozen.checkpoint, 'before')
		: port.connections.details(uniqueName);
	reading.then(
		(snapshot) => store.dispatch({type: 'details', uniqueName, ...(snapshot ? {snapshot} : {})}),
		(error: unknown) => store.dispatch({type: 'details', uniqueName, fault: faultOf(error)}),
	);
}

function openMessage(controller: Controller, state: ScreenState): void {
	const {store, port, traffic} = controller;
	const index = state.messageCursor?.index ?? traffic.newest(state.pausedAt);
	const message = index === undefined ? undefined : port.traffic.get(index);
	if (!message) {
		controller.say(messages().screen.disabled.noMessages, 'warn');
		return;
	}
	const body = port.traffic.body(message);
	store.dispatch({type: 'modal', modal: {kind: 'message', message, body, scroll: 0}});
}

function askFreeze({store, port}: Controller, state: ScreenState): void {
	const entry = selectedEntry(state);
	if (!entry) return;
	const target = entry.uniqueName;
	store.dispatch({type: 'modal', modal: {kind: 'freeze', target, label: entry.names[0] ?? target}});
	port.preflight(target).then(
		(report) => store.dispatch({type: 'preflight', target, report}),
		(error: unknown) => store.dispatch({type: 'preflight', target, fault: faultOf(error)}),
	);
}

function abort(controller: Controller, state: ScreenState): void {
	const view = activeSession(state);
	const gate = view?.session.waitingAt;
	if (!view || !gate) return;
	const {operation, name: stage} = gate;
	// Aborting a freeze changes nothing for the service; aborting a thaw kills what was restored.
	if (operation === 'freeze') {
		controller.say(messages().screen.notice.aborting);
		controller.sessions.of(view.checkpoint)?.decide('abort');
		return;
	}
	controller.store.dispatch({
		type: 'modal',
		modal: {kind: 'abort', checkpoint: view.checkpoint, operation, stage},
	});
}

function confirm(controller: Controller, {modal}: ScreenState): void {
	close(controller);
	const {sessions} = controller;
	if (modal?.kind === 'freeze') void sessions.freeze(modal.target, modal.label);
	else if (modal?.kind === 'thaw') void sessions.thaw(modal.checkpoint);
	else if (modal?.kind === 'quit') controller.leave();
	else if (modal?.kind === 'abort') {
		controller.say(messages().screen.notice.aborting);
		sessions.of(modal.checkpoint)?.decide('abort');
	}
}
