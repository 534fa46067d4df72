import type {FaultData} from '../common/fault.js';
import type {Moment, Snapshot} from '../context/model.js';
import type {Policy} from '../dbus/held/connection.js';
import type {WaitingPage} from '../dbus/held/service.js';
import type {CheckpointEntry} from './checkpoints/feed.js';
import {faultOf, faultSentences} from './fault-text.js';
import type {Port, SessionHandle, ThawChoices} from './port.js';
import {wantedPair} from './selectors.js';
import {isOver, type SessionView} from './session-view.js';
import type {ThawQuestion} from './state/modals.js';
import type {Store} from './store.js';

/** How long after a keeper that does not answer the list is read again, milliseconds. */
const againMs = 500;

/** The sessions that this screen follows: one handle each, their events into the store. */
export class Sessions {
	readonly #handles = new Map<string, SessionHandle>();
	/** Checkpoints whose events still come. */
	readonly #live = new Set<string>();
	readonly #attaching = new Map<string, Promise<SessionHandle>>();
	#again: NodeJS.Timeout | undefined;

	constructor(
		private readonly port: Port,
		private readonly store: Store,
	) {}

	/** Lists what is frozen and follows the sessions whose keeper lives. */
	async refresh(): Promise<void> {
		const frozen = await this.port.frozen();
		this.store.dispatch({type: 'frozen', frozen});
		let isGoing = false;
		for (const {checkpoint, keeperAlive} of frozen) {
			if (!keeperAlive) continue;
			await this.#attach(checkpoint).catch(() => {
				isGoing = true;
			});
		}
		// A keeper that was killed is deaf before it is gone.
		clearTimeout(this.#again);
		if (isGoing) this.#again = setTimeout(() => void this.refresh().catch(() => undefined), againMs);
	}

	/** Asks a keeper to freeze; what goes wrong before the first event is shown where it was asked for. */
	async freeze(target: string, label: string, policy: Policy): Promise<void> {
		this.store.dispatch({type: 'opening', on: true});
		try {
			void this.#follow(await this.port.freeze(target, policy), true);
		} catch (error) {
			this.store.dispatch({
				type: 'modal',
				modal: {kind: 'freeze', target, label, policy, fault: faultOf(error)},
			});
		} finally {
			this.store.dispatch({type: 'opening', on: false});
		}
	}

	/** Begins what was asked about; what goes wrong before the first event is shown where it was asked. */
	async thaw(question: ThawQuestion, choices: ThawChoices): Promise<void> {
		const {checkpoint} = question;
		const askAgain = (fault: FaultData) => this.store.dispatch({type: 'modal', modal: {...question, fault}});
		try {
			const handle = await this.#attach(checkpoint, choices.force);
			this.store.dispatch({type: 'activate', checkpoint});
			this.#leaveOthers(checkpoint);
			handle.thaw(choices, askAgain);
		} catch (error) {
			askAgain(faultOf(error));
		}
	}

	/**
	 * What is known of a checkpoint's session, also when nobody keeps it any more: then it is read from what was
	 * written down. Throws.
	 */
	async review({checkpoint, name}: CheckpointEntry): Promise<SessionView | undefined> {
		if (!this.#live.has(checkpoint)) await this.#follow(await this.port.checkpoints.review(name), false);
		return this.store.get().sessions[checkpoint];
	}

	/** The handle of a checkpoint; one whose session is over still compares snapshots. */
	of(checkpoint: string | undefined): SessionHandle | undefined {
		return checkpoint === undefined ? undefined : this.#handles.get(checkpoint);
	}

	/** Changes what becomes of calls to a frozen service. Throws; then all is as before. */
	async setPolicy(checkpoint: string, policy: Policy): Promise<void> {
		await (await this.#attach(checkpoint)).setPolicy(policy);
	}

	/** A part of the list of messages that wait for a frozen service. */
	async waiting(checkpoint: string, first: number, count: number): Promise<WaitingPage> {
		return (await this.of(checkpoint)?.waiting(first, count)) ?? {total: 0, messages: []};
	}

	snapshot(checkpoint: string, moment: Moment): Promise<Snapshot | undefined> {
		return this.#handles.get(checkpoint)?.snapshot(moment) ?? Promise.resolve(undefined);
	}

	/** Fetches what the context pane and the comparison show. */
	async loadComparison(): Promise<void> {
		const state = this.store.get();
		const pair = wantedPair(state);
		const handle = this.of(state.active);
		if (!pair || !handle) return;
		const {before, after} = pair;
		const same = before === after;
		const withImage = !same && ![before, after].includes('image');
		const [left, right, compared, middle] = await Promise.all([
			handle.snapshot(before),
			same ? undefined : handle.snapshot(after),
			same ? undefined : handle.compare(before, after),
			withImage ? handle.snapshot('image') : undefined,
		]);
		const now = this.store.get();
		const wanted = wantedPair(now);
		if (wanted?.before !== before || wanted.after !== after || now.active !== handle.checkpoint) return;
		this.store.dispatch({
			type: 'comparison',
			comparison: {
				checkpoint: handle.checkpoint,
				...pair,
				...(left ? {left} : {}),
				...(right ? {right} : {}),
				...(middle ? {middle} : {}),
				...(compared ? {differences: compared.differences, verdict: compared.verdict} : {}),
			},
		});
	}

	/** Its checkpoint was deleted: nothing of it can be told or shown any more. */
	forget(checkpoint: string): void {
		this.#handles.get(checkpoint)?.detach();
		this.#handles.delete(checkpoint);
		this.#live.delete(checkpoint);
		this.store.dispatch({type: 'session-forgotten', checkpoint});
	}

	/** Leaves every session to its keeper. */
	dispose(): void {
		clearTimeout(this.#again);
		for (const handle of this.#handles.values()) handle.detach();
		this.#handles.clear();
	}

	/** Lets go of sessions that are over and no longer shown: their keepers live as long as we are connected. */
	#leaveOthers(shown: string): void {
		const {sessions} = this.store.get();
		for (const [checkpoint, handle] of this.#handles) {
			const view = sessions[checkpoint];
			if (checkpoint === shown || !view || !isOver(view)) continue;
			this.#handles.delete(checkpoint);
			this.#live.delete(checkpoint);
			handle.detach();
		}
	}

	#complain(error: unknown): void {
		const {message} = faultSentences(faultOf(error));
		this.store.dispatch({type: 'notice', notice: {text: message, tone: 'bad'}});
	}

	#attach(checkpoint: string, force = false): Promise<SessionHandle> {
		const known = this.#handles.get(checkpoint);
		if (known && this.#live.has(checkpoint)) return Promise.resolve(known);
		const under = this.#attaching.get(checkpoint);
		if (under) return under;
		const attaching = this.port
			.attach(checkpoint, force)
			.then((handle) => {
				void this.#follow(handle, false);
				return handle;
			})
			.finally(() => this.#attaching.delete(checkpoint));
		this.#attaching.set(checkpoint, attaching);
		return attaching;
	}

	/** @returns a promise of the end of its events. */
	#follow(handle: SessionHandle, activate: boolean): Promise<void> {
		const {checkpoint} = handle;
		// An aborted freeze leaves no folder, and the next one of the same second takes its name.
		this.#handles.get(checkpoint)?.detach();
		this.#handles.set(checkpoint, handle);
		this.#live.add(checkpoint);
		this.store.dispatch({type: 'session-opened', checkpoint, activate});
		if (activate) this.#leaveOthers(checkpoint);
		return this.#read(handle);
	}

	async #read(handle: SessionHandle): Promise<void> {
		const {checkpoint} = handle;
		try {
			for await (const event of handle.events) {
				if (this.#handles.get(checkpoint) !== handle) return;
				this.store.dispatch({type: 'session-event', checkpoint, event});
			}
		} catch (error) {
			this.#complain(error);
		}
		if (this.#handles.get(checkpoint) !== handle) return;
		this.#live.delete(checkpoint);
		if (this.store.get().leaving) return;
		this.store.dispatch({type: 'session-ended', checkpoint});
		void this.refresh().catch(() => undefined);
	}
}
