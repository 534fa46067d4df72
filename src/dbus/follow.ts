import {type Bus, BusError, driver} from './calls.js';
import {commandOf, credentialsOf, type KnownPeer, surveyBus} from './census.js';
import {NameTable} from './names.js';
import type {BusPeer} from './types.js';

/** Milliseconds between two refreshes at most, however fast connections come and go. */
const shortestPause = 300;
/** Milliseconds after which rules and queues, which change without a signal, are asked for again. */
const slowRefresh = 5000;
/** New connections looked up at the same time; in a storm of them the next refresh does the rest. */
const mostLookups = 32;

export interface FollowOptions {
	/** Learns names and commands as they appear; shared with the traffic. */
	names?: NameTable;
	/** Unique names to leave out: our own other connections. */
	hidden?: ReadonlySet<string>;
	/** Adds what others know of whom the daemon tells no pid, or an old one. */
	withPids?: (peers: readonly BusPeer[]) => BusPeer[];
	/** False: only names matter, so nothing is asked while they stay as they are. */
	slow?: boolean;
	/** After each change that follows the first census. */
	onChange?(): void;
}

/** The census, kept up to date. */
export interface CensusFeed {
	readonly names: NameTable;
	current(): readonly BusPeer[];
	/** Called after each change, at most a few times a second. Returns the unsubscriber. */
	onChange(listener: () => void): () => void;
	/** Ends the refreshing; the bus connection stays the caller's. */
	stop(): void;
}

/** Takes a census and follows NameOwnerChanged from then on. */
export async function followCensus(bus: Bus, options: FollowOptions = {}): Promise<CensusFeed> {
	const follower = new Follower(bus, options);
	await follower.start();
	return follower;
}

class Follower implements CensusFeed {
	readonly names: NameTable;
	readonly #bus: Bus;
	readonly #hidden: ReadonlySet<string> | undefined;
	readonly #listeners = new Set<() => void>();
	readonly #known = new Map<string, KnownPeer>();
	readonly #slow: boolean;
	readonly #withPids: FollowOptions['withPids'];
	readonly #onChange: (() => void) | undefined;
	#peers: readonly BusPeer[] = [];
	#fingerprint = '';
	#timer: NodeJS.Timeout | undefined;
	#refreshing = false;
	#again = false;
	#lookups = 0;
	#stopped = false;
	#unsubscribe: (() => Promise<void>) | undefined;

	constructor(bus: Bus, options: FollowOptions) {
		this.#bus = bus;
		this.names = options.names ?? new NameTable();
		this.#hidden = options.hidden;
		this.#slow = options.slow ?? true;
		this.#withPids = options.withPids;
		this.#onChange = options.onChange;
	}

	async start(): Promise<void> {
		const rule = {sender: driver.destination, interface: driver.interface, member: 'NameOwnerChanged'};
		this.#unsubscribe = await this.#bus.onSignal(rule, ({body}) => {
			this.#ownerChanged(String(body[0]), String(body[1]), String(body[2]));
		});
		await this.#refresh();
		if (this.#onChange !== undefined) this.#listeners.add(this.#onChange);
		void this.#bus.closed.then(() => this.stop());
	}

	current(): readonly BusPeer[] {
		return this.#peers;
	}

	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => void this.#listeners.delete(listener);
	}

	stop(): void {
		if (this.#stopped) return;
		this.#stopped = true;
		clearTimeout(this.#timer);
		this.#listeners.clear();
		this.#unsubscribe?.().catch(ignoreLostBus);
	}

	#ownerChanged(name: string, oldOwner: string, newOwner: string): void {
		this.names.ownerChanged(name, oldOwner, newOwner);
		if (name.startsWith(':')) {
			if (newOwner === '') this.#known.delete(name);
			else void this.#identify(name);
		}
		this.#schedule(shortestPause);
	}

	/** Asks at once who a new connection is: a program like dbus-send is gone a few milliseconds later. */
	async #identify(uniqueName: string): Promise<void> {
		if (this.#lookups >= mostLookups || this.#hidden?.has(uniqueName)) return;
		this.#lookups++;
		try {
			const who = await credentialsOf(this.#bus, uniqueName);
			if (who.pid !== undefined) this.names.learn({uniqueName, ...who, ...commandOf(who.pid)});
		} catch (error) {
			ignoreLostBus(error);
		} finally {
			this.#lookups--;
		}
	}

	/** One refresh after `pause`; a change during a refresh asks for one more. */
	#schedule(pause: number): void {
		if (this.#stopped) return;
		if (this.#refreshing) {
			this.#again = true;
			return;
		}
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#refresh().catch(ignoreLostBus), pause);
	}

	async #refresh(): Promise<void> {
		this.#refreshing = true;
		this.#again = false;
		try {
			const peers = await this.#survey();
			for (const peer of peers) this.names.learn(peer);
			this.#publish(peers);
		} finally {
			this.#refreshing = false;
		}
		if (this.#again || this.#slow) this.#schedule(this.#again ? shortestPause : slowRefresh);
	}

	async #survey(): Promise<BusPeer[]> {
		const {peers} = await surveyBus(this.#bus, {hidden: this.#hidden, known: this.#known});
		return this.#withPids?.(peers) ?? peers;
	}

	#publish(peers: BusPeer[]): void {
		const fingerprint = JSON.stringify(peers);
		if (this.#stopped || fingerprint === this.#fingerprint) return;
		this.#fingerprint = fingerprint;
		this.#peers = peers;
		for (const listener of this.#listeners) listener();
	}
}

/** The owner of the connection hears of its end elsewhere; a feed just stops. */
function ignoreLostBus(error: unknown): void {
	if (!(error instanceof BusError)) throw error;
}
