import {messages} from '../../i18n/index.js';
import type {Controller} from '../controller.js';
import {faultOf} from '../fault-text.js';
import {selectedEntry} from '../selectors.js';
import type {ScreenState} from '../state/state.js';

/** Back to the window from which it was opened, if there is one. */
export function close({store}: Controller, {modal}: ScreenState): void {
	store.dispatch({type: 'modal', modal: modal && 'from' in modal ? modal.from : undefined});
}

export function openConnection({store, port, sessions}: Controller, state: ScreenState): void {
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

export function openMessage(controller: Controller, state: ScreenState): void {
	const {store, port, traffic} = controller;
	const index = state.messageCursor?.index ?? traffic.newest(state.pausedAt);
	const message = index === undefined ? undefined : port.traffic.get(index);
	if (!message) {
		controller.say(messages().screen.disabled.noMessages, 'warn');
		return;
	}
	const inspection = port.traffic.inspect(message);
	store.dispatch({type: 'modal', modal: {kind: 'message', message, inspection, scroll: 0}});
}

/** Shows the body that is masked, because the operator asks for it. */
export function reveal({store, port}: Controller, {modal}: ScreenState): void {
	if (modal?.kind !== 'message') return;
	const inspection = port.traffic.inspect(modal.message, true);
	if (inspection) store.dispatch({type: 'modal', modal: {...modal, inspection}});
}
