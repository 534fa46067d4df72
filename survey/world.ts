import {execFileSync, spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {startProgram} from '../src/dbus/start-service.js';
import type {AsUnit, OnOwnBus} from './model.js';

/** Where a service is tried out: a bus, and how the service is started on it. `dir` is for checkpoints, too. */
export interface World extends PrivateBus {
	start(): void;
	/** What must hold beside the bus's part, at any time, also while it is frozen. */
	problems(): string[];
	/** What it has written. */
	log(): string;
}

/** A bus of its own, which is its system bus and its session bus, and a home of its own. */
export async function ownBus(service: OnOwnBus, needed: readonly OnOwnBus[]): Promise<World> {
	const bus = await startPrivateBus();
	// Services that drop their rights connect as another user.
	fs.chmodSync(bus.dir, 0o711);
	const home = path.join(bus.dir, 'home');
	const runtime = path.join(bus.dir, 'runtime');
	for (const folder of [home, runtime]) fs.mkdirSync(folder, {mode: 0o700});
	const common = {
		HOME: home,
		XDG_RUNTIME_DIR: runtime,
		DBUS_SESSION_BUS_ADDRESS: bus.address,
		QT_QPA_PLATFORM: 'offscreen',
		...bus.env,
	};
	const begin = (one: OnOwnBus) => {
		const env = {...common, ...one.env};
		if (one.prepare !== undefined)
			execFileSync('sh', ['-ec', one.prepare], {env: {...process.env, ...env}, stdio: 'pipe'});
		return startProgram(bus, [...one.argv], {logName: one.key, env});
	};
	for (const one of needed) begin(one);
	let logPath = '';
	return {
		...bus,
		start: () => {
			({logPath} = begin(service));
		},
		problems: () => [],
		log: () => (logPath === '' ? '' : fs.readFileSync(logPath, 'utf8')),
	};
}

/** As `doctor` advises; without it each freeze warns that nobody is told of it. */
function allowAnnouncing(): void {
	const policy = 'io.github.dbusfreeze1.conf';
	const place = path.join('/etc/dbus-1/system.d', policy);
	if (fs.existsSync(place)) return;
	fs.copyFileSync(path.join(import.meta.dirname, '../data', policy), place);
	const driver = ['org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus'];
	execFileSync('busctl', ['call', ...driver, 'ReloadConfig'], {stdio: 'pipe'});
}

/** A unit of the systemd that runs here, on the system bus. */
export function asUnit({unit, prepare}: AsUnit): World {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dbusfreeze-unit-'));
	const tell = (...properties: string[]) => {
		const args = ['show', unit, ...properties.flatMap((name) => ['--property', name])];
		return execFileSync('systemctl', args, {encoding: 'utf8'}).trim();
	};
	const address = 'unix:path=/run/dbus/system_bus_socket';
	let invocation = '';
	const began = Date.now();
	return {
		address,
		dir,
		// Nobody looks for the pid of this bus.
		pid: 0,
		env: {DBUS_SYSTEM_BUS_ADDRESS: address, DBUSFREEZE_PRIVATE_BUS: dir},
		start: () => {
			if (prepare !== undefined) execFileSync('sh', ['-ec', prepare], {stdio: 'pipe'});
			allowAnnouncing();
			execFileSync('systemctl', ['stop', unit], {stdio: 'pipe'});
			spawn('systemctl', ['start', unit], {stdio: 'ignore'});
		},
		problems: () => {
			// A unit that was started again has another invocation.
			const now = tell('ActiveState', 'InvocationID');
			if (invocation === '') invocation = now;
			return now === invocation ? [] : [`the unit was ${invocation}, and is ${now}`.replaceAll('\n', ' ')];
		},
		log: () => {
			const since = `@${Math.floor(began / 1000)}`;
			return execFileSync('journalctl', ['-u', unit, '--since', since, '-o', 'cat'], {encoding: 'utf8'});
		},
		stop: async () => {
			execFileSync('systemctl', ['stop', unit], {stdio: 'pipe', timeout: 30_000});
			fs.rmSync(dir, {recursive: true, force: true});
		},
	};
}
