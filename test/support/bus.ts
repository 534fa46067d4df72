import {once} from 'node:events';
import type {ExecutionContext} from 'ava';
import dbus from 'dbus-next';
import type {DemoService} from '../../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../../src/dbus/private-bus.js';

/** A private bus that ends, with all its services, when the test does; `configuration` is more of its busconfig. */
export async function testBus(t: ExecutionContext, configuration = ''): Promise<PrivateBus> {
	const bus = await startPrivateBus({configuration});
	t.teardown(bus.stop);
	return bus;
}

/** Another client of the bus, as a service's users are; independent of the code under test. */
export class TestClient {
	readonly bus: dbus.MessageBus;

	constructor(address: string) {
		this.bus = dbus.sessionBus({busAddress: address});
		this.bus.on('error', () => {});
	}

	static async connect(t: ExecutionContext, bus: Pick<PrivateBus, 'address'>): Promise<TestClient> {
		const client = new TestClient(bus.address);
		t.teardown(() => client.bus.disconnect());
		await once(client.bus, 'connect');
		return client;
	}

	get uniqueName(): string {
		// Missing in the library's types.
		return (this.bus as dbus.MessageBus & {name: string}).name;
	}

	/** Calls a method and returns its results; rejects with a `dbus.DBusError` as the service sent it. */
	async call(
		destination: string,
		path: string,
		member: string,
		signature = '',
		body: unknown[] = [],
		interfaceName = destination,
	): Promise<unknown[]> {
		const call = new dbus.Message({
			destination,
			path,
			interface: interfaceName,
			member,
			signature,
			body,
		});
		const reply = await this.bus.call(call);
		return reply?.body ?? [];
	}

	/** A method of the daemon itself. */
	async daemon(member: string, signature = '', body: unknown[] = []): Promise<unknown> {
		return (await this.call('org.freedesktop.DBus', '/org/freedesktop/DBus', member, signature, body))[0];
	}

	async get(service: DemoService): Promise<number> {
		return (await this.call(service.name, service.path, 'Get'))[0] as number;
	}

	async add(service: DemoService, amount: number): Promise<number> {
		return (await this.call(service.name, service.path, 'Add', 'i', [amount]))[0] as number;
	}

	async who(service: DemoService): Promise<string> {
		return (await this.call(service.name, service.path, 'Who'))[0] as string;
	}

	/** The current owner of a name, or undefined. */
	async owner(name: string): Promise<string | undefined> {
		try {
			return (await this.daemon('GetNameOwner', 's', [name])) as string;
		} catch (error) {
			if ((error as dbus.DBusError).type === 'org.freedesktop.DBus.Error.NameHasNoOwner') return undefined;
			throw error;
		}
	}

	/** Emits Bump(amount), which every demo service adds silently. */
	bump(amount: number): void {
		const signal = dbus.Message.newSignal(
			'/org/dbusfreeze/Demo/Control',
			'org.dbusfreeze.Demo.Control',
			'Bump',
			'i',
			[amount],
		);
		this.bus.send(signal);
	}

	/** Subscribes; the returned function resolves with the next message for which `wanted` is true. */
	async watch(rule: string): Promise<(wanted: (message: dbus.Message) => boolean) => Promise<dbus.Message>> {
		const seen: dbus.Message[] = [];
		let wake = () => {};
		this.bus.on('message', (message: dbus.Message) => {
			seen.push(message);
			wake();
		});
		await this.daemon('AddMatch', 's', [rule]);
		return async (wanted) => {
			for (;;) {
				const index = seen.findIndex(wanted);
				const [found] = index === -1 ? [] : seen.splice(index, 1);
				if (found !== undefined) return found;
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
		};
	}
}

/** Polls a condition until it holds; for what no event tells. Fails after `seconds`. */
export async function until(
	condition: () => boolean | Promise<boolean>,
	what: string,
	seconds = 30,
): Promise<void> {
	const end = performance.now() + seconds * 1000;
	while (!(await condition())) {
		if (performance.now() > end) throw new Error(`gave up after ${seconds} s: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

/**
 * Whether the daemon knows the process of this name: from 1.16 on dbus-daemon does not when who connected was reaped.
 * @param ask calls a method of the daemon.
 */
export function tellsPid(
	ask: (member: string, signature: string, body: string[]) => Promise<unknown>,
	name: string,
): Promise<boolean> {
	return ask('GetConnectionUnixProcessID', 's', [name]).then(
		() => true,
		() => false,
	);
}
