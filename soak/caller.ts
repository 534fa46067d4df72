import {setTimeout as delay} from 'node:timers/promises';
import {type Bus, BusError, connectBus} from '../src/dbus/calls.js';
import type {DemoService} from '../src/dbus/demo-services.js';
import type {PrivateBus} from '../src/dbus/private-bus.js';

/** A call to a frozen service waits for its thaw, and a thaw for a hung criu; milliseconds. */
const answerLimitMs = 30_000;
const pauseMs = 3;
/** A signal after so many calls. */
const signalEvery = 5;

/**
 * A client that calls a service all the time, adding one each time, and now and then adds one by a signal. At any
 * quiet moment the service's value tells whether each was handled exactly once.
 */
export class Caller {
	readonly #bus: Bus;
	readonly #service: DemoService;
	#added = 0;
	#last = 0;
	#isOn = false;
	#loop: Promise<void> = Promise.resolve();
	/** Calls that were refused since the count began. */
	refused = 0;
	/** Names of errors that leave open whether a call was handled. */
	doubts: string[] = [];
	/** What must never be. */
	problems: string[] = [];

	private constructor(bus: Bus, service: DemoService) {
		this.#bus = bus;
		this.#service = service;
	}

	static async start(bus: PrivateBus, service: DemoService): Promise<Caller> {
		return new Caller(await connectBus({address: bus.address}), service);
	}

	/** Counts anew from what the service has now. */
	async begin(): Promise<void> {
		this.#added = await this.value();
		this.#last = this.#added;
		this.refused = 0;
		this.doubts = [];
		this.problems = [];
		this.#isOn = true;
		this.#loop = this.#run();
	}

	/** Makes no new calls; resolves when the last one has come to its end. */
	async pause(): Promise<void> {
		this.#isOn = false;
		await this.#loop;
	}

	/** What the service must have now. */
	get expected(): number {
		return this.#added;
	}

	async value(): Promise<number> {
		const {name, path} = this.#service;
		const call = {destination: name, path, interface: name, member: 'Get', timeout: 10_000};
		return Number((await this.#bus.call(call))[0]);
	}

	async owner(): Promise<string | undefined> {
		try {
			return String((await this.#bus.driver('GetNameOwner', 's', [this.#service.name]))[0]);
		} catch {
			return undefined;
		}
	}

	close(): void {
		this.#isOn = false;
		this.#bus.close();
	}

	async #run(): Promise<void> {
		for (let calls = 1; this.#isOn; calls++) {
			if (calls % signalEvery === 0) this.#signal();
			await this.#add();
			await delay(pauseMs);
		}
	}

	#signal(): void {
		this.#bus.emit({
			path: '/org/dbusfreeze/Demo/Control',
			interface: 'org.dbusfreeze.Demo.Control',
			member: 'Bump',
			signature: 'i',
			body: [1],
		});
		this.#added++;
	}

	async #add(): Promise<void> {
		const {name, path} = this.#service;
		const start = performance.now();
		try {
			const [value] = await this.#bus.call({
				destination: name,
				path,
				interface: name,
				member: 'Add',
				signature: 'i',
				body: [1],
				timeout: answerLimitMs,
			});
			this.#added++;
			if (Number(value) <= this.#last) this.problems.push(`Add gave ${value} after ${this.#last}`);
			this.#last = Number(value);
		} catch (error) {
			const {errorName = String(error)} = error as BusError;
			if (errorName === 'io.github.dbusfreeze.Error.Frozen') this.refused++;
			else {
				// Whoever hears nothing at all is told by our own clock.
				const isSilent = performance.now() - start > answerLimitMs - 1000;
				this.doubts.push(isSilent ? 'no answer at all' : errorName);
				if (!(error instanceof BusError)) throw error;
				if (errorName.endsWith('.Disconnected')) this.#isOn = false;
			}
		}
	}
}
