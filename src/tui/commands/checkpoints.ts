import type {FaultData} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import {checkpointsModal, chosenEntry, titleOf} from '../checkpoints/entries.js';
import type {CheckpointEntry} from '../checkpoints/feed.js';
import {formProblem} from '../checkpoints/form.js';
import {openObjection} from '../checkpoints/in-spite.js';
import type {Controller} from '../controller.js';
import {faultOf, faultSentences} from '../fault-text.js';
import type {FormModal, Modal} from '../state/modals.js';
import type {ScreenState} from '../state/state.js';
import {openDiffFrom} from './comparing.js';

/** How this program is called on another machine if nobody says. */
const usualCommand = 'dbusfreeze-tui';

export function openCheckpoints({store, listing}: Controller): void {
	store.dispatch({type: 'outcome', outcome: undefined});
	store.dispatch({type: 'modal', modal: {kind: 'checkpoints', at: 0, scroll: 0}});
	void listing.refresh();
}

export function openCheckpoint({store}: Controller, state: ScreenState): void {
	const entry = chosenEntry(state);
	const from = checkpointsModal(state);
	if (entry && from)
		store.dispatch({type: 'modal', modal: {kind: 'checkpoint', name: entry.name, scroll: 0, from}});
}

export function askCheckpointThaw({store}: Controller, state: ScreenState): void {
	const entry = chosenEntry(state);
	const from = checkpointsModal(state);
	const way = entry?.next.mode === 'impossible' ? entry.next.inSpite : entry?.next;
	if (!entry?.facts || !from || !way) return;
	const {address, relation} = entry.facts.bus;
	store.dispatch({
		type: 'modal',
		modal: {
			kind: 'thaw',
			checkpoint: entry.checkpoint,
			label: entry.facts.names[0] ?? entry.facts.comm,
			mode: way.mode,
			reconnect: false,
			...(relation === 'other' ? {bus: address} : {}),
			from,
		},
	});
}

export function otherConnection({store}: Controller, {modal}: ScreenState): void {
	if (modal?.kind !== 'thaw') return;
	store.dispatch({type: 'modal', modal: {...modal, reconnect: !modal.reconnect}});
}

/** The risk that is shown is taken; the next one, if there is one, is asked about. */
export function acceptObjection({store}: Controller, state: ScreenState): void {
	const {modal} = state;
	const objection = modal?.kind === 'thaw' ? openObjection(modal, state) : undefined;
	if (modal?.kind !== 'thaw' || !objection) return;
	const accepted = [...(modal.accepted ?? []), objection.code];
	store.dispatch({type: 'modal', modal: {...modal, accepted, scroll: 0}});
}

/** Compares what was kept of the chosen one, whether its keeper lives or not. */
export async function compareCheckpoint(controller: Controller, state: ScreenState): Promise<void> {
	const {store, sessions} = controller;
	const entry = chosenEntry(state);
	const from = checkpointsModal(state);
	if (!entry || !from) return;
	try {
		const view = await sessions.review(entry);
		const isStillThere = chosenEntry(store.get())?.name === entry.name;
		if (!isStillThere) return;
		if ((view?.session.moments.length ?? 0) < 2) {
			controller.say(messages().screen.whyNotCheckpoint.nothingToCompare, 'warn');
			return;
		}
		store.dispatch({type: 'activate', checkpoint: entry.checkpoint});
		openDiffFrom(controller, from);
	} catch (error) {
		tellFault(controller, faultOf(error));
	}
}

export function askPack({store, port}: Controller, state: ScreenState): void {
	const entry = chosenEntry(state);
	if (entry)
		openForm(store, state, {form: 'pack', entry, values: [port.checkpoints.suggestedFile(entry), '', '']});
}

export function askSend({store}: Controller, state: ScreenState): void {
	const entry = chosenEntry(state);
	if (entry) openForm(store, state, {form: 'send', entry, values: ['', usualCommand]});
}

function openForm(
	store: Controller['store'],
	state: ScreenState,
	form: Pick<FormModal, 'form' | 'entry' | 'values'>,
): void {
	const from = checkpointsModal(state);
	if (from) store.dispatch({type: 'modal', modal: {kind: 'form', ...form, at: 0, from}});
}

/** To another line of the form. */
export function otherLine({store}: Controller, {modal}: ScreenState, step: 1 | -1): void {
	if (modal?.kind !== 'form') return;
	const count = modal.values.length;
	store.dispatch({type: 'modal', modal: {...modal, at: (modal.at + step + count) % count}});
}

/** Changes the line that is typed into. */
export function retypeLine(
	{store}: Controller,
	{modal}: ScreenState,
	change: (text: string) => string,
): void {
	if (modal?.kind !== 'form') return;
	const values = modal.values.map((value, i) => (i === modal.at ? change(value) : value));
	const {problem, ...rest} = modal;
	store.dispatch({type: 'modal', modal: {...rest, values}});
}

/** To the next line; at the last one it is done, unless something is missing. */
export function nextLine(controller: Controller, state: ScreenState): void {
	const {modal} = state;
	if (modal?.kind !== 'form') return;
	if (modal.at < modal.values.length - 1) {
		otherLine(controller, state, 1);
		return;
	}
	const problem = formProblem(modal);
	if (problem === undefined) begin(controller, modal);
	else controller.store.dispatch({type: 'modal', modal: {...modal, ...problem}});
}

/** What can be put right by typing something else. */
const typedWrong: ReadonlyArray<FaultData['code']> = [
	'usage',
	'output-exists',
	'output-unwritable',
	'bad-key',
];

function begin(controller: Controller, form: FormModal): void {
	const {store, port, jobs, listing} = controller;
	const {entry, values, from} = form;
	const [first = '', second = ''] = values.map((value, i) => (i === 0 ? value.trim() : value));
	store.dispatch({type: 'modal', modal: from});
	jobs.start(
		{kind: form.form, name: entry.name, title: titleOf(entry), to: first},
		async (work) => {
			try {
				return await (form.form === 'pack'
					? port.checkpoints.pack(entry.name, {file: first, passphrase: second}, work)
					: port.checkpoints.send(entry.name, {host: first, remoteCommand: second.trim()}, work));
			} finally {
				void listing.refresh();
			}
		},
		(fault) => {
			const isBack = store.get().modal === from || store.get().modal?.kind === 'checkpoints';
			if (isBack && typedWrong.includes(fault.code))
				store.dispatch({type: 'modal', modal: {...form, at: 0, problem: problemOf(fault)}});
			else tellFault(controller, fault);
		},
	);
}

/** Typed words are not a command line: its usage help is of no use here. */
function problemOf(fault: FaultData): string {
	const {message, hint} = faultSentences(fault);
	return fault.code === 'usage' ? (fault as FaultData<'usage'>).params.detail : `${message} ${hint}`;
}

export function askRemove({store}: Controller, state: ScreenState): void {
	const entry = chosenEntry(state);
	const from = checkpointsModal(state);
	if (entry && from) store.dispatch({type: 'modal', modal: {kind: 'remove', entry, from}});
}

export function askRepair({store}: Controller, state: ScreenState): void {
	const from = checkpointsModal(state);
	if (from) store.dispatch({type: 'modal', modal: {kind: 'repair', from}});
}

/** After `y`. */
export async function removeIt(controller: Controller, entry: CheckpointEntry): Promise<void> {
	const {port, listing, sessions} = controller;
	try {
		await port.checkpoints.remove(entry.name);
		sessions.forget(entry.checkpoint);
		controller.store.dispatch({
			type: 'outcome',
			outcome: {lines: [messages().screen.checkpoints.remove.done(titleOf(entry))], tone: 'good'},
		});
	} catch (error) {
		tellFault(controller, faultOf(error));
	}
	await listing.refresh();
}

/** After `y`. */
export async function repairAll(controller: Controller): Promise<void> {
	const {port, listing} = controller;
	try {
		const lines = await port.checkpoints.repair();
		controller.store.dispatch({type: 'outcome', outcome: {lines, tone: 'good'}});
	} catch (error) {
		tellFault(controller, faultOf(error));
	}
	await listing.refresh();
}

/** Moves among the listed ones, and keeps the chosen one in view. */
export function choose(
	{store}: Pick<Controller, 'store'>,
	modal: Extract<Modal, {kind: 'checkpoints'}>,
	entries: readonly CheckpointEntry[],
	at: number,
	height: number,
): void {
	const name = entries[at]?.name;
	// Whoever goes on to another one has read what became of the last action.
	if (name !== modal.chosen) store.dispatch({type: 'outcome', outcome: undefined});
	const scroll = Math.min(Math.max(modal.scroll, at - height + 1), at);
	store.dispatch({
		type: 'modal',
		modal: {...modal, at, scroll: Math.max(scroll, 0), ...(name === undefined ? {} : {chosen: name})},
	});
}

function tellFault({store}: Controller, fault: FaultData): void {
	const {message, state, hint} = faultSentences(fault);
	store.dispatch({type: 'outcome', outcome: {lines: [message, state, hint], tone: 'bad'}});
}
