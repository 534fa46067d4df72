import {messages} from '../../i18n/index.js';
import {choicesOf} from '../checkpoints/in-spite.js';
import type {Controller} from '../controller.js';
import {faultOf} from '../fault-text.js';
import {activeSession, selectedEntry, thawable} from '../selectors.js';
import type {ScreenState} from '../state/state.js';
import {removeIt, repairAll} from './checkpoints.js';
import {changePolicy} from './waiting.js';
import {close} from './windows.js';

export function askFreeze({store, port}: Controller, state: ScreenState): void {
	const entry = selectedEntry(state);
	if (!entry) return;
	const target = entry.uniqueName;
	store.dispatch({
		type: 'modal',
		modal: {kind: 'freeze', target, label: entry.names[0] ?? target, policy: 'queue'},
	});
	port.preflight(target).then(
		(report) => store.dispatch({type: 'preflight', target, report}),
		(error: unknown) => store.dispatch({type: 'preflight', target, fault: faultOf(error)}),
	);
}

/** A frozen service of the main screen. */
export function askThaw({store}: Controller, state: ScreenState): void {
	const service = thawable(state);
	const way = service?.next.mode === 'impossible' ? service.next.inSpite : service?.next;
	if (!service || !way) return;
	const {checkpoint, names, uniqueName, next} = service;
	store.dispatch({
		type: 'modal',
		modal: {
			kind: 'thaw',
			checkpoint,
			label: names[0] ?? uniqueName,
			mode: way.mode,
			reconnect: false,
			...(next.mode === 'impossible' ? {fault: next.fault} : {}),
		},
	});
}

export function abort(controller: Controller, state: ScreenState): void {
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

export function confirm(controller: Controller, state: ScreenState): void {
	const {modal} = state;
	close(controller, state);
	const {sessions} = controller;
	if (modal?.kind === 'freeze') void sessions.freeze(modal.target, modal.label, modal.policy);
	else if (modal?.kind === 'policy') void changePolicy(controller, modal);
	else if (modal?.kind === 'thaw') {
		// Its stages are gone through on the main screen.
		controller.store.dispatch({type: 'modal', modal: undefined});
		const {fault, ...question} = modal;
		void sessions.thaw(question, choicesOf(modal, state));
	} else if (modal?.kind === 'remove') void removeIt(controller, modal.entry);
	else if (modal?.kind === 'repair') void repairAll(controller);
	else if (modal?.kind === 'quit') controller.leave();
	else if (modal?.kind === 'abort') {
		controller.say(messages().screen.notice.aborting);
		sessions.of(modal.checkpoint)?.decide('abort');
	}
}
