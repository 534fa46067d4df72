import {setTimeout as delay} from 'node:timers/promises';
import {type Bus, BusError, connectBus} from '../../src/dbus/calls.js';
import type {DemoService} from '../../src/dbus/demo-services.js';

const pauseMs = 2;
/** A daemon's system bus takes 128 unanswered calls of one connection (`max_replies_per_connection`). */
const mostUnanswered = 100;
/** A call waits for one freeze and thaw; milliseconds. */
const answerLimitMs = 60_000;

/**
 * A client that calls a service all the time and does not wait for one answer before it makes the next call. It is
 * the only one that adds to the service's value, one each time, so the answers tell all: each must be one more
 * than the last. One that is lost, handled twice or out of its order breaks the row.
 */
export class SteadyCaller {
	readonly #bus: Bus;
	readonly #service: DemoService;
	#isOn = false;
	#loop: Promise<void> = Promise.resolve();
	#last = 0;
	sent = 0;
	answered = 0;
	/** What must never be; the first of it only, because all later answers follow from it. */
	problem: string | undefined;

	private constructor(bus: Bus, service: DemoService) {
		this.#bus = bus;
		this.#service = service;
	}

	static async start(bus: {address: string}, service: DemoService): Promise<SteadyCaller> {
		const caller = new SteadyCaller(await connectBus({address: bus.address}), service);
		caller.#isOn = true;
		caller.#loop = caller.#run();
		return caller;
	}

	/** Makes no new calls; resolves when each one made has been answered. */
	async stop(): Promise<void> {
		this.#isOn = false;
		await this.#loop;
		while (this.answered < this.sent && this.problem === undefined) await delay(pauseMs);
		this.#bus.close();
	}

	async #run(): Promise<void> {
		while (this.#isOn && this.problem === undefined) {
			if (this.sent - this.answered < mostUnanswered) void this.#add();
			await delay(pauseMs);
		}
	}

	async #add(): Promise<void> {
		const {name, path} = this.#service;
		const number = ++this.sent;
		const call = {destination: name, path, interface: name, member: 'Add', signature: 'i', body: [1]};
		try {
			const value = Number((await this.#bus.call({...call, timeout: answerLimitMs}))[0]);
			this.answered++;
			if (value !== this.#last + 1) this.problem ??= `call ${number} gave ${value} after ${this.#last}`;
			this.#last = value;
		} catch (error) {
			if (!(error instanceof BusError)) throw error;
			this.problem ??= `call ${number}: ${error.errorName}: ${error.message}`;
		}
	}
}
