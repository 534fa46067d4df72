import type {BusLocation} from '../address.js';
import {type Bus, BusError, connectBus, driver} from '../calls.js';
import {accessDenied, nameAnswer, nameFlag} from '../request-name.js';
import {
	type AnnouncedMoment,
	announceName,
	announcePath,
	managerInterface,
	momentSignature,
	moments,
} from './interface.js';
import {answerCall, type FrozenEntry, frozenValue} from './object.js';

/**
 * - `owner`: calls to the name come to us.
 * - `queued`: another keeper owns it, and we get it when that ends.
 * - `forbidden`: the bus's policy does not let us own it. Signals are sent all the same.
 */
export type NameStanding = 'owner' | 'queued' | 'forbidden';

/**
 * Tells everybody on a bus what is being frozen and thawed. Each keeper has one, on a connection of its own,
 * and sends the signals of its own service. The name belongs to one of them, the others wait for it; whoever
 * owns it answers for all, so `list` must tell what all keepers of this bus have frozen.
 * PropertiesChanged comes from the owner of the name only, because that is whom proxies listen to.
 */
export class Announcer {
	readonly #bus: Bus;
	readonly #list: () => readonly FrozenEntry[];
	/** Until the daemon has said otherwise. */
	#standing: NameStanding = 'forbidden';

	private constructor(bus: Bus, list: () => readonly FrozenEntry[]) {
		this.#bus = bus;
		this.#list = list;
	}

	/** Throws Fault `bus-unreachable`. A name that is forbidden is no failure: see `standing`. */
	static async open(location: BusLocation, list: () => readonly FrozenEntry[]): Promise<Announcer> {
		const bus = await connectBus(location, (call) => answerCall(call, list));
		const announcer = new Announcer(bus, list);
		await announcer.#begin();
		return announcer;
	}

	get standing(): NameStanding {
		return this.#standing;
	}

	get uniqueName(): string {
		return this.#bus.uniqueName;
	}

	/** Settles when the connection ends, with the reason if we did not close it. */
	get closed(): Promise<string | undefined> {
		return this.#bus.closed;
	}

	/** Sends the signal. Call it when `list` tells the new state already. Does nothing once the bus is gone. */
	announce(moment: AnnouncedMoment, service: Omit<FrozenEntry, 'since'>): void {
		const {names, uniqueName, pid, checkpoint} = service;
		this.#bus.emit({
			path: announcePath,
			interface: managerInterface,
			member: moment,
			signature: momentSignature,
			body: [[...names], uniqueName, pid, checkpoint],
		});
		// The owner hears its own signals from the bus, as those of the others.
		if (this.#standing === 'forbidden') this.#tellChange(moment);
	}

	/** Resolves when the daemon has sent on all that was announced. Rejects with BusError. */
	async flushed(): Promise<void> {
		await this.#bus.driver('GetId');
	}

	close(): void {
		this.#bus.close();
	}

	async #begin(): Promise<void> {
		const {destination: sender, interface: driverInterface} = driver;
		const standing = {sender, interface: driverInterface, arg0: announceName};
		try {
			await Promise.all([
				this.#bus.onSignal({...standing, member: 'NameAcquired'}, () => this.#becomeOwner()),
				this.#bus.onSignal({path: announcePath, interface: managerInterface}, ({member}) => {
					if (this.#standing === 'owner') this.#tellChange(member);
				}),
			]);
			const answer = await requestName(this.#bus, 0);
			if (answer === nameAnswer.owner) this.#standing = 'owner';
			else if (answer === nameAnswer.queued) this.#standing = 'queued';
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** The keeper that owned the name has ended; what it had frozen may have changed with it. */
	#becomeOwner(): void {
		const wasQueued = this.#standing === 'queued';
		this.#standing = 'owner';
		if (wasQueued) this.#tellChange('Frozen');
	}

	/** @param moment some change nothing in the list of what is frozen. */
	#tellChange(moment: string): void {
		if (moment === 'Freezing' || moment === 'Thawing' || !moments.some((known) => known === moment)) return;
		this.#bus.emit({
			path: announcePath,
			interface: 'org.freedesktop.DBus.Properties',
			member: 'PropertiesChanged',
			signature: 'sa{sv}as',
			body: [managerInterface, {Frozen: frozenValue(this.#list())}, []],
		});
	}
}

/** Whether the policy of this bus lets us own the announcing name. Asks without changing anything. */
export async function mayAnnounce(bus: Bus): Promise<boolean> {
	const answer = await requestName(bus, nameFlag.doNotQueue);
	if (answer === nameAnswer.owner) await bus.driver('ReleaseName', 's', [announceName]);
	return answer !== undefined;
}

/** Undefined: forbidden. */
async function requestName(bus: Bus, flags: number): Promise<number | undefined> {
	try {
		return (await bus.driver('RequestName', 'su', [announceName, flags]))[0] as number;
	} catch (error) {
		if (error instanceof BusError && error.errorName === accessDenied) return undefined;
		throw error;
	}
}
