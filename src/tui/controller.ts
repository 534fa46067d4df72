import type {Key} from 'ink';
import {messages} from '../i18n/index.js';
import {Jobs} from './checkpoints/jobs.js';
import {Listing} from './checkpoints/listing.js';
import {retypeLine} from './commands/checkpoints.js';
import {retype} from './commands/looking.js';
import {commands} from './commands.js';
import {keyNames} from './key-names.js';
import {findBinding} from './keys.js';
import type {Port} from './port.js';
import {Sessions} from './sessions.js';
import type {Notice, ScreenState} from './state/state.js';
import type {Store} from './store.js';
import type {TrafficView} from './traffic/view.js';

/** Sizes that only the drawn screen knows; moving by pages needs them. */
export interface Metrics {
	/** Rows inside the traffic pane, and connections that fit into theirs. */
	traffic: number;
	connections: number;
	/** Rows inside the context pane and inside the open window, and how far each can be scrolled. */
	context: {height: number; maxScroll: number};
	modal: {height: number; maxScroll: number};
	/** Columns inside the comparison. */
	evidenceWidth: number;
	/** Rows of the list of checkpoints. */
	checkpoints: {height: number};
	/** Rows of the tables in the statistics. */
	statistics: {height: number; maxScroll: number};
}

/** Turns keys into commands: finds the binding, says why it cannot act, or lets it act. */
export class Controller {
	readonly sessions: Sessions;
	readonly listing: Listing;
	readonly jobs: Jobs;
	readonly metrics: Metrics = {
		traffic: 10,
		connections: 5,
		context: {height: 5, maxScroll: 0},
		modal: {height: 10, maxScroll: 0},
		evidenceWidth: 76,
		checkpoints: {height: 6},
		statistics: {height: 5, maxScroll: 0},
	};

	constructor(
		readonly port: Port,
		readonly store: Store,
		readonly traffic: TrafficView,
		/** Puts text into the terminal's clipboard. */
		readonly copy: (text: string) => void = () => {},
	) {
		this.sessions = new Sessions(port, store);
		this.listing = new Listing(port, store);
		this.jobs = new Jobs(store);
	}

	/** One input event of Ink; may be several keys. */
	input(input: string, key: Key): void {
		const before = this.store.get().modal?.kind;
		for (const name of keyNames(input, key)) {
			this.press(name);
			// Keys that were typed before a question could be read are no answer to it.
			const now = this.store.get();
			if (now.leaving || (now.modal && now.modal.kind !== before)) return;
		}
	}

	press(name: string): void {
		const {store} = this;
		if (store.get().notice) store.dispatch({type: 'notice', notice: undefined});
		const state = store.get();
		if (name === 'ctrl-c' && state.modal?.kind === 'quit') {
			this.leave();
			return;
		}
		const binding = findBinding(state, name === 'ctrl-c' && (state.modal || state.editing) ? 'esc' : name);
		const reason = binding?.disabledReason?.(state);
		if (!binding) this.#unbound(state, name);
		else if (reason !== undefined) this.say(reason, 'warn');
		else commands[binding.id](this, state);
	}

	say(text: string, tone: Notice['tone'] = 'plain'): void {
		this.store.dispatch({type: 'notice', notice: {text, tone}});
	}

	leave(): void {
		this.store.dispatch({type: 'leave'});
	}

	#unbound(state: ScreenState, name: string): void {
		const isTyping = state.editing !== undefined || state.modal?.kind === 'form';
		if (!isTyping) {
			this.say(messages().screen.disabled.unknownKey(name), 'warn');
			return;
		}
		const character = name === 'space' ? ' ' : name;
		// Key names are longer than one character; what was typed is not.
		if (Array.from(character).length === 1 && !/[\p{Cc}↑↓←→]/u.test(character)) {
			const change = state.editing ? retype : retypeLine;
			change(this, state, (text) => text + character);
		}
	}
}
