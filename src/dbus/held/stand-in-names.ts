import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../../common/fault.js';
import type {BusLocation} from '../address.js';
import type {FrozenService, RefusalLog} from './refusal.js';
import {StandIn} from './stand-in.js';
import type {NameTakeover} from './takeover.js';

/** After the stand-in's end, until the next one is tried, milliseconds. */
const retryMs = 1000;

export interface StandInNamesOptions {
	takeover: NameTakeover;
	/** Well-known names that the service owns on this bus. */
	names: readonly string[];
	/** The bus, once for each user as whom a stand-in may own the names, in the order to try. */
	locations: readonly BusLocation[];
	service: FrozenService;
	refusals: RefusalLog;
	/** The stand-in's connection ended while it was needed, or is back. */
	onChange: (event: 'lost' | 'back') => void;
	/** False: the service's connection has ended, so there is nothing to stand in for. */
	isConnected: () => boolean;
}

/** The names of one held connection while a stand-in has them; one that is cut off gets a successor. */
export class StandInNames {
	readonly #options: StandInNamesOptions;
	/** As whom it may own the names; found by trying. */
	#location: BusLocation | undefined;
	#standIn: StandIn | undefined;
	#isTaken = false;

	constructor(options: StandInNamesOptions) {
		this.#options = options;
	}

	/**
	 * Connects a stand-in and sees whether it may own the names; takes none.
	 * @throws Fault `name-not-taken` (forbidden), `bus-unreachable`.
	 */
	async prepare(): Promise<void> {
		const {names, locations} = this.#options;
		let forbidden = '';
		for (const location of locations) {
			const standIn = await this.#open(location);
			[forbidden = ''] = await standIn.forbidden(names);
			if (forbidden === '') {
				this.#location = location;
				this.#standIn = standIn;
				return;
			}
			standIn.close();
		}
		throw new Fault('name-not-taken', {name: forbidden, reason: 'forbidden'});
	}

	/** All names, or none. @throws Fault `name-not-taken`, `bus-unreachable`. */
	async take(): Promise<void> {
		const {takeover, names} = this.#options;
		if (names.length === 0) return;
		if (!this.#standIn) await this.prepare();
		const standIn = this.#standIn as StandIn;
		await takeover.take(standIn, names);
		this.#isTaken = true;
		void standIn.closed.then(() => this.#succeed(standIn));
	}

	/** The service owns them again, without a gap. Never throws. */
	async giveBack(): Promise<void> {
		this.#isTaken = false;
		await this.#options.takeover.giveBack();
		this.close();
	}

	/** The daemon gives the names back by itself. */
	close(): void {
		this.#isTaken = false;
		const standIn = this.#standIn;
		this.#standIn = undefined;
		standIn?.close();
	}

	/** Until then the names are the service's by themselves, and calls are refused there. */
	async #succeed(ended: StandIn): Promise<void> {
		const {takeover, names, locations, onChange, isConnected} = this.#options;
		if (this.#standIn !== ended) return;
		this.#standIn = undefined;
		onChange('lost');
		while (this.#isTaken && !this.#standIn && isConnected()) {
			try {
				const next = await this.#open(this.#location ?? (locations[0] as BusLocation));
				await takeover.take(next, names);
				if (!this.#isTaken) {
					await takeover.giveBack();
					next.close();
					return;
				}
				this.#standIn = next;
				void next.closed.then(() => this.#succeed(next));
				onChange('back');
			} catch (error) {
				if (!(error instanceof Fault)) throw error;
				await delay(retryMs);
			}
		}
	}

	#open(location: BusLocation): Promise<StandIn> {
		const {service, refusals} = this.#options;
		return StandIn.open(location, service, refusals);
	}
}
