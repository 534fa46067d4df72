import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {type Bus, type BusError, connectBus, type Signal} from '../../src/dbus/calls.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {until} from './bus.js';
import {compile, flagsOf} from './compile.js';
import {loggedLines} from './held-service.js';
import {startProgram} from './services.js';

export const watcherName = 'org.dbusfreeze.Test.Watcher';

export async function client(t: ExecutionContext, {address}: PrivateBus): Promise<Bus> {
	const bus = await connectBus({address});
	t.teardown(() => bus.close());
	return bus;
}

export async function ownerOf(bus: Bus, name: string): Promise<string> {
	return String((await bus.driver('GetNameOwner', 's', [name]))[0]);
}

export function get(bus: Bus, destination: string, objectPath: string, interfaceName: string) {
	return bus.call({destination, path: objectPath, interface: interfaceName, member: 'Get', timeout: 5000});
}

/** Error name and text of a call that fails, and how long that took. */
export async function refusal(call: Promise<unknown>): Promise<{error: string; text: string; ms: number}> {
	const start = performance.now();
	try {
		await call;
	} catch (error) {
		const {errorName, message} = error as BusError;
		return {error: errorName, text: message, ms: performance.now() - start};
	}
	return {error: 'none', text: '', ms: performance.now() - start};
}

export function tick(bus: Bus, number: number): void {
	bus.emit({
		path: '/',
		interface: 'org.dbusfreeze.Test.Clock',
		member: 'Tick',
		signature: 'i',
		body: [number],
	});
}

export async function ownerChanges(bus: Bus, name: string): Promise<Signal[]> {
	const seen: Signal[] = [];
	const rule = {sender: 'org.freedesktop.DBus', member: 'NameOwnerChanged', arg0: name};
	await bus.onSignal(rule, (signal) => void seen.push(signal));
	return seen;
}

/** A GDBus service that dies of NameLost; `flags` as for RequestName. */
export async function startWatcher(t: ExecutionContext, bus: PrivateBus, flags = 0) {
	const source = path.join(import.meta.dirname, '../dbus/refuse/programs/self-watcher.c');
	const program = compile(t, source, flagsOf('gio-2.0'));
	const started = startProgram(bus, [program, watcherName, String(flags)], {logName: 'watcher'});
	await until(() => loggedLines(started.logPath).includes('ready'), 'the watcher is ready');
	const lines = () => loggedLines(started.logPath);
	return {...started, lines};
}
