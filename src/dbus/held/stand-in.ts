import type {BusLocation} from '../address.js';
import {type Bus, BusError, connectBus, driver} from '../calls.js';
import {accessDenied, nameAnswer, nameFlag, nobodyOwns} from '../request-name.js';
import {type FrozenService, frozenErrorName, type RefusalLog, refusalText} from './refusal.js';

/** Milliseconds in which a daemon that is alive answers any of these questions. */
const answerLimitMs = 2000;

/**
 * A connection of our own that owns a frozen service's names meanwhile. It answers every call at once with the
 * error `io.github.dbusfreeze.Error.Frozen`, also those of the standard interfaces: nothing stands behind it.
 * As the owner it keeps the daemon from activating a second instance. If it ends, in whatever way, the
 * daemon gives the names back to the frozen service by itself.
 */
export class StandIn {
	readonly #bus: Bus;

	private constructor(bus: Bus) {
		this.#bus = bus;
	}

	/**
	 * Connects, and owns nothing yet. Throws Fault `bus-unreachable`.
	 * @param location with the uid of the service: the policy of its names is written for that user.
	 */
	static async open(location: BusLocation, service: FrozenService, log: RefusalLog): Promise<StandIn> {
		const bus = await connectBus(location, (call) => {
			const {sender, destination, path, member, noReply} = call;
			log.add({at: Date.now(), sender, destination, path, interface: call.interface, member, noReply});
			return {errorName: frozenErrorName, text: refusalText(service)};
		});
		return new StandIn(bus);
	}

	get uniqueName(): string {
		return this.#bus.uniqueName;
	}

	/** Settles when the connection ends, with the reason if we did not close it. */
	get closed(): Promise<string | undefined> {
		return this.#bus.closed;
	}

	/**
	 * Those of the names that the bus's policy forbids us to own. Changes nothing: names that have an owner
	 * stay with it, and one that has lost it meanwhile is released at once.
	 */
	async forbidden(names: readonly string[]): Promise<string[]> {
		const answers = await Promise.all(names.map((name) => this.#isForbidden(name)));
		return names.filter((_, index) => answers[index]);
	}

	/** Owner first, then the queue; none when nobody owns it. Rejects with BusError. */
	async queueOf(name: string): Promise<string[]> {
		try {
			return (await this.#ask('ListQueuedOwners', 's', [name]))[0] as string[];
		} catch (error) {
			if ((error as BusError).errorName === nobodyOwns) return [];
			throw error;
		}
	}

	/** @returns one of `nameAnswer`. Rejects with BusError. */
	async requestName(name: string, flags: number): Promise<number> {
		return (await this.#ask('RequestName', 'su', [name, flags]))[0] as number;
	}

	/** Does nothing when we do not own it. Rejects with BusError. */
	async releaseName(name: string): Promise<void> {
		await this.#ask('ReleaseName', 's', [name]);
	}

	/** Resolves when the daemon has handled all that was said before. Rejects with BusError. */
	async roundTrip(): Promise<void> {
		await this.#ask('GetId', '', []);
	}

	close(): void {
		this.#bus.close();
	}

	async #isForbidden(name: string): Promise<boolean> {
		try {
			const answer = await this.requestName(name, nameFlag.doNotQueue);
			if (answer === nameAnswer.owner) await this.releaseName(name);
			return false;
		} catch (error) {
			if (error instanceof BusError && error.errorName === accessDenied) return true;
			throw error;
		}
	}

	#ask(member: string, signature: string, body: readonly unknown[]): ReturnType<Bus['driver']> {
		return this.#bus.call({...driver, member, signature, body, timeout: answerLimitMs});
	}
}
