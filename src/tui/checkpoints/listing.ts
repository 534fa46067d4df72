import {faultOf} from '../fault-text.js';
import type {Port} from '../port.js';
import type {Store} from '../store.js';

/** Keeps the list of checkpoints and what the checks say of the chosen one; one question at a time. */
export class Listing {
	#listing: Promise<void> | undefined;
	/** Asked for while another question was open. */
	#wanted: string | undefined;
	#isLooking = false;

	constructor(
		private readonly port: Port,
		private readonly store: Store,
	) {}

	/** Lists them now; whoever asks while that goes on gets the same. Never rejects. */
	refresh(): Promise<void> {
		this.#listing ??= this.port.checkpoints
			.list()
			.then(
				(list) => this.store.dispatch({type: 'checkpoints', list}),
				(error: unknown) => this.store.dispatch({type: 'checkpoints', fault: faultOf(error)}),
			)
			.finally(() => {
				this.#listing = undefined;
			});
		return this.#listing;
	}

	/** Runs the checks for this one, as soon as those for another are over; only the last one asked for counts. */
	look(name: string): void {
		this.#wanted = name;
		if (!this.#isLooking) void this.#look();
	}

	async #look(): Promise<void> {
		this.#isLooking = true;
		while (this.#wanted !== undefined) {
			const name = this.#wanted;
			this.#wanted = undefined;
			await this.port.checkpoints.look(name).then(
				(found) => this.store.dispatch({type: 'look', name, found}),
				(error: unknown) => this.store.dispatch({type: 'look', name, fault: faultOf(error)}),
			);
		}
		this.#isLooking = false;
	}
}
