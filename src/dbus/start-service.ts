import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import dbus from 'dbus-next';
import {Fault} from '../common/fault.js';
import {keepDescriptorsFromChildren} from '../kernel/inheritance.js';
import type {DemoService} from './demo-services.js';
import type {PrivateBus} from './private-bus.js';

export interface StartedProgram {
	pid: number;
	/** Its stdout and stderr, appended. */
	logPath: string;
	/** Ends with the program as long as it is our child: not when it was frozen and thawed. */
	child: ChildProcess;
}

/**
 * Starts a program on the bus the way a service manager does: leader of its own session, stdin from
 * /dev/null, output to a log file, a short environment, no other descriptors. `bus.stop()` ends it, thawed or not.
 */
export function startProgram(
	bus: PrivateBus,
	argv: readonly [string, ...string[]],
	options: {logName?: string; env?: Record<string, string>} = {},
): StartedProgram {
	const [file, ...args] = argv;
	const logPath = path.join(bus.dir, `${options.logName ?? path.basename(file)}.log`);
	const log = fs.openSync(logPath, 'a', 0o600);
	keepDescriptorsFromChildren();
	const child = spawn(file, args, {
		cwd: '/',
		detached: true,
		env: {PATH: process.env.PATH, LANG: 'C.UTF-8', ...options.env, ...bus.env},
		stdio: ['ignore', log, log],
	});
	fs.closeSync(log);
	// A failure to start has no pid and is thrown here; the event would be thrown again at a bad time.
	child.once('error', () => {});
	if (child.pid === undefined) throw new Error(`cannot start ${file}`);
	child.unref();
	return {pid: child.pid, logPath, child};
}

/** Resolves when `name` has an owner. Watches first and asks then, so it cannot miss the moment. */
async function ownerAppears(bus: dbus.MessageBus, name: string): Promise<void> {
	const driver = await bus.getProxyObject('org.freedesktop.DBus', '/org/freedesktop/DBus');
	const daemon = driver.getInterface('org.freedesktop.DBus');
	const appeared = new Promise<void>((resolve) => {
		daemon.on('NameOwnerChanged', (changed: string, _before: string, after: string) => {
			if (changed === name && after !== '') resolve();
		});
	});
	const hasOwner = daemon.NameHasOwner;
	if (hasOwner === undefined) throw new Error('the daemon introspects without NameHasOwner');
	// The AddMatch that `on` sent goes the same way as this call, before it.
	if (!(await hasOwner(name))) await appeared;
}

/** It has its name and has read what the daemon told it of that: it answers, if only with an error. */
async function isReady(bus: dbus.MessageBus, destination: string): Promise<void> {
	await ownerAppears(bus, destination);
	const ping = {destination, path: '/', interface: 'org.freedesktop.DBus.Peer', member: 'Ping'};
	await bus.call(new dbus.Message(ping)).catch((error: unknown) => {
		if (!(error instanceof dbus.DBusError)) throw error;
	});
}

/**
 * Starts a demo service and waits until it owns its name and answers, `seconds` (30) at most.
 * Throws `bus-unreachable` with the service's own words when it ends or stays silent.
 */
export async function startService(
	bus: PrivateBus,
	service: DemoService,
	options: {seconds?: number; env?: Record<string, string>} = {},
): Promise<StartedProgram> {
	const logName = service.name;
	const program = startProgram(bus, service.argv, {logName, ...(options.env && {env: options.env})});
	const client = dbus.sessionBus({busAddress: bus.address});
	const over = new AbortController();
	const seconds = options.seconds ?? 30;
	const failures = [
		once(client, 'error', {signal: over.signal}).then(([error]) => Promise.reject(error)),
		once(program.child, 'exit', {signal: over.signal}).then(([code, signal]) => {
			throw new Error(`ended with ${signal ?? code}`);
		}),
		delay(seconds * 1000, undefined, {signal: over.signal}).then(() => {
			throw new Error(`no answer for ${seconds} s`);
		}),
	];
	try {
		await Promise.race([isReady(client, service.name), ...failures]);
	} catch (error) {
		const said = fs.readFileSync(program.logPath, 'utf8').trim();
		const reason = `${service.name}: ${(error as Error).message}${said === '' ? '' : `: ${said}`}`;
		throw new Fault('bus-unreachable', {address: bus.address, reason}, {cause: error});
	} finally {
		over.abort();
		// A late error of a client that nobody uses any more is no news.
		client.on('error', () => {});
		client.disconnect();
	}
	return program;
}
