import {Fault} from '../common/fault.js';
import type {PeerAnswer, ProcessSnapshot} from '../context/model.js';
import type {BusLocation} from '../dbus/address.js';
import {type Bus, BusError, connectBus} from '../dbus/calls.js';
import {surveyBus} from '../dbus/census.js';
import type {BusFacts} from '../dbus/connections.js';
import {daemonPid} from '../dbus/daemon-pid.js';
import {withForgottenPids} from '../dbus/forgotten.js';
import {withHolders} from '../dbus/holders.js';
import {identify, type NamelessSocket} from '../dbus/identify.js';
import {type BusDaemon, otherBuses} from '../dbus/other-buses.js';
import {ping} from '../dbus/ping.js';
import {needsMemory, type RememberedConnection, withRememberedPids} from '../dbus/remembered.js';
import type {BusPeer} from '../dbus/types.js';

const disconnected = 'org.freedesktop.DBus.Error.Disconnected';

/** Tells the connections to the daemon with this guid that are held, or were once. */
export type Remember = (guid: string) => readonly RememberedConnection[];

/** The bus whose connections a session holds, as a client of its own sees it. */
export class WatchedBus {
	/** The daemon's own id: another daemon at the same address has another. */
	readonly guid: string;
	/** The process that holds the daemon's ends; undefined where nobody tells. */
	readonly daemonPid: number | undefined;
	#bus: Bus;
	/** The way back when our connection is dropped; none for one that somebody else has made. */
	readonly #location: BusLocation | undefined;
	readonly #remember: Remember;
	#isOpen = true;
	/** Other buses that somebody we looked at is connected to, by their daemons' pids; undefined: not to be reached. */
	readonly #others = new Map<number, WatchedBus | undefined>();

	private constructor(
		bus: Bus,
		guid: string,
		pid: number | undefined,
		remember: Remember,
		location: BusLocation | undefined,
	) {
		this.#location = location;
		this.#bus = bus;
		this.guid = guid;
		this.daemonPid = pid;
		this.#remember = remember;
		void bus.closed.then(() => {
			this.#isOpen = false;
		});
	}

	/**
	 * Throws `bus-unreachable`.
	 * @param remember asked when the daemon has lost the pid of a connection; see `withRememberedPids`.
	 */
	static async connect(location: BusLocation, remember?: Remember): Promise<WatchedBus> {
		return WatchedBus.over(await connectBus(location), remember, location);
	}

	/** Asks over a connection that exists already. */
	static async over(bus: Bus, remember: Remember = () => [], location?: BusLocation): Promise<WatchedBus> {
		const [pid, [guid]] = await Promise.all([daemonPid(bus), bus.driver('GetId')]);
		return new WatchedBus(bus, String(guid), pid, remember, location);
	}

	/** Whether our connection to it has not ended. */
	get isOpen(): boolean {
		return this.#isOpen;
	}

	get uniqueName(): string {
		return this.#bus.uniqueName;
	}

	get address(): string {
		return this.#bus.address;
	}

	/** Everybody on the bus now, with the queues of the names that somebody waits for. */
	async facts(): Promise<BusFacts> {
		const {peers, queues} = await this.#survey();
		return {
			address: this.address,
			guid: this.guid,
			daemonPid: this.daemonPid,
			peers: withHolders(this.withPids(peers), this.daemonPid),
			queues,
		};
	}

	/** Those of whom the daemon tells no pid, or an old one, with what we know of them. */
	withPids(peers: readonly BusPeer[]): BusPeer[] {
		if (!needsMemory(peers)) return [...peers];
		const remembered = this.#remember(this.guid);
		return withRememberedPids(withForgottenPids(peers, this.daemonPid, remembered), remembered);
	}

	/** Our connection may have been dropped while nobody asked; then it is made anew, to the same daemon only. */
	async #survey(): ReturnType<typeof surveyBus> {
		try {
			return await surveyBus(this.#bus);
		} catch (error) {
			const isDropped = error instanceof BusError && error.errorName === disconnected;
			if (!isDropped) throw error;
			const gone = new Fault(
				'bus-unreachable',
				{address: this.address, reason: 'disconnected'},
				{cause: error},
			);
			if (!this.#location) throw gone;
			const bus = await connectBus(this.#location);
			if (String((await bus.driver('GetId'))[0]) !== this.guid) {
				bus.close();
				throw gone;
			}
			this.#bus = bus;
			return surveyBus(bus);
		}
	}

	/**
	 * The other buses that these processes are connected to and that let us in. The connections to them stay open
	 * for the next time, until `close`.
	 */
	async others(processes: readonly ProcessSnapshot[]): Promise<WatchedBus[]> {
		const daemons = otherBuses(processes, this.daemonPid);
		const buses = await Promise.all(daemons.map((daemon) => this.#other(daemon)));
		return buses.filter((bus) => bus !== undefined);
	}

	/** This bus or one of `others`, by the daemon's id. */
	withGuid(guid: string | undefined): WatchedBus | undefined {
		return [this, ...this.#others.values()].find((bus) => bus?.guid === guid);
	}

	/** See `ping`. */
	ping(uniqueName: string, fd: number, isThere: () => boolean): Promise<PeerAnswer | undefined> {
		return ping(this.#bus, uniqueName, fd, isThere);
	}

	/** See `identify`. */
	identify(
		sockets: readonly NamelessSocket[],
		names: ReadonlyMap<string, readonly string[]>,
	): Promise<Map<number, string>> {
		return identify(this.#bus, sockets, names);
	}

	close(): void {
		this.#bus.close();
		for (const other of this.#others.values()) other?.close();
		this.#others.clear();
	}

	async #other({pid, locations}: BusDaemon): Promise<WatchedBus | undefined> {
		if (this.#others.has(pid)) return this.#others.get(pid);
		for (const location of locations) {
			const bus = await reached(location, this.#remember);
			this.#others.set(pid, bus);
			if (bus) return bus;
		}
		return undefined;
	}
}

/** Its clients' connections are held in any case: without it they just have no names for us. */
async function reached(location: BusLocation, remember: Remember): Promise<WatchedBus | undefined> {
	try {
		return await WatchedBus.connect(location, remember);
	} catch (error) {
		if (error instanceof Fault && error.code === 'bus-unreachable') return undefined;
		throw error;
	}
}
