import {type Bus, BusError, connectBus, type Signal} from '../src/dbus/calls.js';
import type {Value} from '../src/dbus/wire/reader.js';
import type {Emission, Surveyed} from './model.js';

/** The client that calls a service and hears it; milliseconds. */
const limits = {start: 45_000, answer: 30_000, signal: 10_000};

/** A client of a surveyed service, as its users are. */
export class ServiceClient {
	readonly #bus: Bus;
	readonly #service: Surveyed;
	#heard: Signal[] = [];
	#wake = () => {};
	/** NameOwnerChanged of its name since `begin`: while it is frozen and thawed there must be none. */
	ownerChanges = 0;

	private constructor(bus: Bus, service: Surveyed) {
		this.#bus = bus;
		this.#service = service;
	}

	static async connect(address: string, service: Surveyed): Promise<ServiceClient> {
		const bus = await connectBus({address});
		const client = new ServiceClient(bus, service);
		const rule = {sender: 'org.freedesktop.DBus', member: 'NameOwnerChanged', arg0: service.busName};
		await bus.onSignal(rule, () => {
			client.ownerChanges++;
			client.#wake();
		});
		return client;
	}

	/** Resolves when the name has an owner that answers. Throws what it said last. */
	async answersFirst(): Promise<void> {
		const end = performance.now() + limits.start;
		for (;;) {
			try {
				await this.call();
				return;
			} catch (error) {
				if (performance.now() > end || !(error instanceof BusError)) throw error;
				const isAbsent = /\.(ServiceUnknown|NameHasNoOwner)$/.test(error.errorName);
				// Services own their names before they are up: some answer only a little later.
				await this.#change(isAbsent ? 250 : 5);
			}
		}
	}

	async call(): Promise<Value[]> {
		const {busName, call} = this.#service;
		return this.#bus.call({...call, destination: busName, autoStart: false, timeout: limits.answer});
	}

	/** Listens to the service's signals; none can be heard of one that cannot be made to emit any. */
	async subscribe(): Promise<void> {
		const {signal} = this.#service;
		const sender = await this.owner();
		if (!signal || sender === undefined) return;
		await this.#bus.onSignal({interface: signal.interface, member: signal.member, sender}, (one) => {
			this.#heard.push(one);
			this.#wake();
		});
	}

	/** Makes it emit; resolves when the signal has come, from the connection that was subscribed to. */
	async hears({by}: Emission, round: number): Promise<void> {
		this.#heard = [];
		const {busName} = this.#service;
		await this.#bus.call({...by(round), destination: busName, autoStart: false, timeout: limits.answer});
		const end = performance.now() + limits.signal;
		while (this.#heard.length === 0 && performance.now() < end) await this.#change(250);
		if (this.#heard.length === 0) throw new Error('the signal does not come');
	}

	async owner(): Promise<string | undefined> {
		try {
			return String((await this.#bus.driver('GetNameOwner', 's', [this.#service.busName]))[0]);
		} catch (error) {
			if (error instanceof BusError) return undefined;
			throw error;
		}
	}

	/** All names of a connection, sorted. */
	async namesOf(owner: string): Promise<string[]> {
		const [all] = (await this.#bus.driver('ListNames')) as [string[]];
		const names: string[] = [];
		for (const name of all.filter((one) => !one.startsWith(':'))) {
			const [of] = await this.#bus.driver('GetNameOwner', 's', [name]).catch(() => ['']);
			if (of === owner) names.push(name);
		}
		return names.sort();
	}

	async pidOf(owner: string): Promise<number> {
		return Number((await this.#bus.driver('GetConnectionUnixProcessID', 's', [owner]))[0]);
	}

	close(): void {
		this.#bus.close();
	}

	/** Until something was heard, or so many milliseconds. */
	#change(ms: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}
}
