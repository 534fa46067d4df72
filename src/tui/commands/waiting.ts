import {messages} from '../../i18n/index.js';
import type {Controller} from '../controller.js';
import {faultOf} from '../fault-text.js';
import type {Modal} from '../state/modals.js';
import type {ScreenState} from '../state/state.js';
import {otherPolicy} from '../waiting/policy-question.js';
import {titleOf, waitingSession} from '../waiting/target.js';

/** Opens the list of waiting messages, or closes it. */
export function toggleWaiting({store}: Controller, state: ScreenState): void {
	const view = waitingSession(state);
	const isOpen = state.modal?.kind === 'waiting';
	if (!isOpen && !view) return;
	const modal: Modal | undefined =
		isOpen || !view ? undefined : {kind: 'waiting', checkpoint: view.checkpoint, scroll: 0};
	store.dispatch({type: 'modal', modal});
}

export function askPolicy({store}: Controller, state: ScreenState): void {
	const view = waitingSession(state);
	if (!view) return;
	const {modal} = state;
	store.dispatch({
		type: 'modal',
		modal: {
			kind: 'policy',
			checkpoint: view.checkpoint,
			label: titleOf(view),
			to: otherPolicy(view.session.policy),
			...(modal?.kind === 'waiting' ? {from: modal} : {}),
		},
	});
}

/** In the question before a freeze: what shall become of calls. */
export function choosePolicy({store}: Controller, {modal}: ScreenState): void {
	if (modal?.kind !== 'freeze') return;
	store.dispatch({type: 'modal', modal: {...modal, policy: otherPolicy(modal.policy)}});
}

/** After `y`: what goes wrong is shown in the question, where it can be tried again. */
export async function changePolicy(
	controller: Controller,
	question: Extract<Modal, {kind: 'policy'}>,
): Promise<void> {
	const {store, sessions} = controller;
	const text = messages().screen.policy;
	const {checkpoint, label, to} = question;
	controller.say(text.changing[to]);
	try {
		await sessions.setPolicy(checkpoint, to);
		controller.say(text.changed[to](label), 'good');
	} catch (error) {
		store.dispatch({type: 'notice', notice: undefined});
		store.dispatch({type: 'modal', modal: {...question, fault: faultOf(error)}});
	}
}
