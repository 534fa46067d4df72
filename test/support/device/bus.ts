import type {ChildProcess} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {fixturesFolder} from '../../../src/dbus/demo-services.js';
import {TestClient, until} from '../bus.js';
import {ProgramUser} from '../cli.js';
import type {DemoService} from '../services.js';
import {checkoutOnDevice, type Device, programOnDevice} from './device.js';
import {demoPolicies} from './policies.js';

/** What a root needs for a system bus and the demo services of all libraries. */
export const packagesForServices = ['dbus', 'libglib2.0-0', 'libsystemd0'];

/** Starts the system bus of a plain device as Debian configures it; one with systemd has one. */
export async function startSystemBus(device: Device): Promise<void> {
	for (const [file, text] of Object.entries(demoPolicies()))
		fs.writeFileSync(path.join(device.path('/etc/dbus-1/system.d'), file), text);
	await device.ok('mkdir', '-p', '/run/dbus');
	await device.ok('dbus-daemon', '--system', '--fork', '--nopidfile');
}

/** A client of the device's system bus that itself runs outside. */
export async function clientOf(t: ExecutionContext, device: Device): Promise<TestClient> {
	return TestClient.connect(t, {address: `unix:path=${device.path('/run/dbus/system_bus_socket')}`});
}

/** The same program of this checkout, as the device sees it. */
export function argvOnDevice({argv}: DemoService): string[] {
	const root = path.dirname(fixturesFolder);
	return argv.map((word) =>
		word === process.execPath
			? 'node'
			: word.startsWith(`${root}/`)
				? checkoutOnDevice + word.slice(root.length)
				: word,
	);
}

/** Low numbers are taken on any device: services get their own, far apart, the same on no two calls. */
let lastPid = 20_000;

/** Starts a program the way a service manager does, with its output in /root/NAME.log. @returns its pid there. */
async function startProgramOn(device: Device, name: string, argv: readonly string[]): Promise<number> {
	lastPid += 1000;
	const log = `/root/${name}.log`;
	// The shell becomes the program, which is thus no child of ours: the device's PID 1 reaps it.
	const script = `exec </dev/null >"$0" 2>&1; echo ${lastPid} >/proc/sys/kernel/ns_last_pid; setsid "$@" & echo $! >"$0.pid"`;
	await device.ok('sh', '-c', script, log, ...argv);
	return Number(fs.readFileSync(device.path(`${log}.pid`), 'utf8'));
}

/** Starts a demo service, and waits for its name. @returns its pid, as the device counts. */
export async function startServiceOn(
	device: Device,
	client: TestClient,
	service: DemoService,
	argv = argvOnDevice(service),
): Promise<number> {
	const pid = await startProgramOn(device, service.name, argv);
	await until(async () => (await client.owner(service.name)) !== undefined, `${service.name} is there`);
	return pid;
}

/** The program as a device's administrator uses it, in its default state dir. */
export class DeviceUser extends ProgramUser {
	constructor(readonly device: Device) {
		super();
	}

	override start(...args: string[]): ChildProcess {
		return this.device.spawn([...programOnDevice, ...args]);
	}
}
