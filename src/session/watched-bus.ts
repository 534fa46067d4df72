import type {BusLocation} from '../dbus/address.js';
import {type Bus, connectBus} from '../dbus/calls.js';
import {surveyBus} from '../dbus/census.js';
import type {BusFacts} from '../dbus/connections.js';
import {daemonPid} from '../dbus/daemon-pid.js';
import {type RememberedConnection, withRememberedPids} from '../dbus/remembered.js';

/** Tells the connections to the daemon with this guid that were held once. */
export type Remember = (guid: string) => readonly RememberedConnection[];

/** The bus whose connections a session holds, as a client of its own sees it. */
export class WatchedBus {
	/** The daemon's own id: another daemon at the same address has another. */
	readonly guid: string;
	/** The process that holds the daemon's ends; undefined where nobody tells. */
	readonly daemonPid: number | undefined;
	readonly #bus: Bus;
	readonly #remember: Remember;

	private constructor(bus: Bus, guid: string, pid: number | undefined, remember: Remember) {
		this.#bus = bus;
		this.guid = guid;
		this.daemonPid = pid;
		this.#remember = remember;
	}

	/**
	 * Throws `bus-unreachable`.
	 * @param remember asked when the daemon has lost the pid of a connection; see `withRememberedPids`.
	 */
	static async connect(location: BusLocation, remember?: Remember): Promise<WatchedBus> {
		return WatchedBus.over(await connectBus(location), remember);
	}

	/** Asks over a connection that exists already. */
	static async over(bus: Bus, remember: Remember = () => []): Promise<WatchedBus> {
		const [pid, [guid]] = await Promise.all([daemonPid(bus), bus.driver('GetId')]);
		return new WatchedBus(bus, String(guid), pid, remember);
	}

	get uniqueName(): string {
		return this.#bus.uniqueName;
	}

	get address(): string {
		return this.#bus.address;
	}

	/** Everybody on the bus now, with the queues of the names that somebody waits for. */
	async facts(): Promise<BusFacts> {
		const {peers, queues} = await surveyBus(this.#bus);
		const complete = peers.every((peer) => peer.pid !== undefined);
		return {
			address: this.address,
			daemonPid: this.daemonPid,
			peers: complete ? peers : withRememberedPids(peers, this.#remember(this.guid)),
			queues,
		};
	}

	close(): void {
		this.#bus.close();
	}
}
