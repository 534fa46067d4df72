import type {BusLocation} from '../dbus/address.js';
import {type Bus, connectBus} from '../dbus/calls.js';
import {surveyBus} from '../dbus/census.js';
import type {BusFacts} from '../dbus/connections.js';
import {daemonPid} from '../dbus/daemon-pid.js';

/** The bus whose connections a session holds, as a client of its own sees it. */
export class WatchedBus {
	readonly #bus: Bus;
	readonly #daemonPid: number | undefined;

	private constructor(bus: Bus, pid: number | undefined) {
		this.#bus = bus;
		this.#daemonPid = pid;
	}

	/** Throws `bus-unreachable`. */
	static async connect(location: BusLocation): Promise<WatchedBus> {
		return WatchedBus.over(await connectBus(location));
	}

	/** Asks over a connection that exists already. */
	static async over(bus: Bus): Promise<WatchedBus> {
		return new WatchedBus(bus, await daemonPid(bus));
	}

	get uniqueName(): string {
		return this.#bus.uniqueName;
	}

	get address(): string {
		return this.#bus.address;
	}

	get daemonPid(): number | undefined {
		return this.#daemonPid;
	}

	/** Everybody on the bus now, with the queues of the names that somebody waits for. */
	async facts(): Promise<BusFacts> {
		const {peers, queues} = await surveyBus(this.#bus);
		return {address: this.address, daemonPid: this.#daemonPid, peers, queues};
	}

	close(): void {
		this.#bus.close();
	}
}
