import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {type Bus, connectBus} from '../../src/dbus/calls.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {until} from './bus.js';
import {compile, flagsOf} from './compile.js';
import {type StartedProgram, startProgram} from './services.js';

/** Names of the services of `test/dbus/programs/many.c`. */
export const manyName = (which: string) => `org.dbusfreeze.Test.${which}`;

/** Starts it with these arguments and waits until these names have owners on their buses. */
export async function startMany(
	t: ExecutionContext,
	bus: PrivateBus,
	args: readonly string[],
	wanted: ReadonlyArray<[client: Bus, name: string]>,
): Promise<StartedProgram> {
	const program = compile(t, path.join(import.meta.dirname, '../dbus/programs/many.c'), flagsOf('dbus-1'));
	const started = startProgram(bus, [program, ...args]);
	for (const [client, name] of wanted)
		await until(
			async () => (await client.driver('NameHasOwner', 's', [name]))[0] === true,
			`${name} is owned`,
		);
	return started;
}

export async function busClient(t: ExecutionContext, bus: PrivateBus): Promise<Bus> {
	const client = await connectBus(bus);
	t.teardown(() => client.close());
	return client;
}

/** Calls a method of one of its connections, by well-known or unique name. */
export async function ask(bus: Bus, destination: string, member: string, amount?: number): Promise<unknown> {
	const [value] = await bus.call({
		destination,
		path: '/',
		interface: 'org.dbusfreeze.Test.Many',
		member,
		...(amount === undefined ? {} : {signature: 'i', body: [amount]}),
	});
	return value;
}

export async function ownerOf(bus: Bus, name: string): Promise<string> {
	return String((await bus.driver('GetNameOwner', 's', [name]))[0]);
}
