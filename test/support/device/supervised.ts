import fs from 'node:fs';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {debianRoot} from '../../../scripts/device/root.mjs';
import {preloadLibrary} from '../../../src/criu/preload.js';
import type {FreezeResult} from '../../../src/session/events.js';
import {type TestClient, until} from '../bus.js';
import {compile, flagsOf} from '../compile.js';
import {clientOf, DeviceUser} from './bus.js';
import {Device} from './device.js';
import {demoPolicies} from './policies.js';

export const rootWithSystemd = {packages: ['dbus', 'systemd', 'systemd-sysv']};

const name = 'org.dbusfreeze.Test.Supervised';
const unitFolder = '/etc/systemd/system';

const unitFiles = {
	'subject.service': `[Unit]
StartLimitIntervalSec=0
[Service]
Type=dbus
BusName=${name}
ExecStart=/usr/local/bin/supervised ${name}
Restart=always
RestartSec=50ms
`,
	'watched.service': `[Service]
Type=dbus
BusName=${name}
ExecStart=/usr/local/bin/supervised ${name}
ExecReload=/bin/sh -c "kill -HUP $MAINPID"
Restart=always
WatchdogSec=2
`,
	'boxed.service': `[Service]
Type=dbus
BusName=${name}
ExecStart=/usr/local/bin/supervised ${name}
Restart=always
User=nobody
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=yes
PrivateNetwork=yes
SystemCallFilter=@system-service
`,
	'bound.service': `[Unit]
BindsTo=watched.service
After=watched.service
[Service]
ExecStart=/bin/sleep infinity
`,
	'instance@.service': `[Service]
ExecStart=/bin/sleep infinity
`,
};

/** A device with systemd, a unit for a service on its system bus, and one that is bound to it. */
export class SupervisedService {
	readonly user: DeviceUser;
	#client!: TestClient;

	private constructor(
		readonly device: Device,
		readonly unit: string,
	) {
		this.user = new DeviceUser(device);
	}

	/** Boots the device of a whole test file; it ends with `t`. */
	static async device(t: ExecutionContext, name: string): Promise<Device> {
		const preload = await preloadLibrary(process.env);
		const binds = 'library' in preload ? [{source: preload.library}] : [];
		const root = await debianRoot(rootWithSystemd);
		const device = await Device.boot(t, {root, name, init: 'systemd', binds});
		const program = compile(t, path.join(import.meta.dirname, 'programs/supervised.c'), flagsOf('dbus-1'));
		fs.copyFileSync(program, device.path('/usr/local/bin/supervised'));
		for (const [file, text] of Object.entries(unitFiles))
			fs.writeFileSync(device.path(`${unitFolder}/${file}`), text);
		for (const [file, text] of Object.entries(demoPolicies()))
			fs.writeFileSync(path.join(device.path('/etc/dbus-1/system.d'), file), text);
		await device.ok('systemctl', 'reload', 'dbus');
		await device.ok('systemctl', 'daemon-reload');
		await device.ok('systemctl', 'start', 'instance@one.service', 'instance@two.service');
		return device;
	}

	/** The unit, started anew; it is stopped with the test. */
	static async start(
		t: ExecutionContext,
		device: Device,
		unit = 'subject.service',
	): Promise<SupervisedService> {
		const service = new SupervisedService(device, unit);
		await device.ok('systemctl', 'restart', unit);
		await service.connect(t);
		t.teardown(async () => {
			await device.run(['systemctl', 'stop', unit]);
		});
		return service;
	}

	/** A client of the bus as it is now; needed again after a reboot. */
	async connect(t: ExecutionContext): Promise<void> {
		this.#client = await clientOf(t, this.device);
	}

	async add(amount: number): Promise<number> {
		const path = '/';
		return (await this.#client.call(name, path, 'Add', 'i', [amount]))[0] as number;
	}

	owner(): Promise<string | undefined> {
		return this.#client.owner(name);
	}

	freeze(t: ExecutionContext): Promise<FreezeResult> {
		return this.user.ok<FreezeResult>(t, 'freeze', this.unit);
	}

	/** A property of the unit, as `systemctl show` prints it. */
	show(property: string, unit = this.unit): Promise<string> {
		return this.device.ok('systemctl', 'show', '--property', property, '--value', unit);
	}

	async mainPid(): Promise<number> {
		return Number(await this.show('MainPID'));
	}

	/** Until another process than these is the unit's, and is ready. */
	async untilAnother(...pids: Array<number | undefined>): Promise<void> {
		const isSo = async () => {
			const [main, state] = await Promise.all([this.mainPid(), this.show('ActiveState')]);
			return state === 'active' && ![0, ...pids].includes(main);
		};
		await until(isSo, `${this.unit} has a fresh instance`);
	}

	/** What the unit has written, newest last, without what systemd says of it. */
	async journal(): Promise<string[]> {
		const text = await this.device.ok('journalctl', '--no-pager', '--output=cat', `--unit=${this.unit}`);
		return text.split('\n');
	}

	async untilJournal(pattern: RegExp): Promise<void> {
		await until(
			async () => (await this.journal()).some((line) => pattern.test(line)),
			`${pattern} in the journal`,
		);
	}

	/** Files by which units are changed until the next boot. */
	dropIns(): string[] {
		const folder = this.device.path('/run/systemd/system');
		return fs
			.readdirSync(folder, {recursive: true, encoding: 'utf8'})
			.filter((file) => file.includes('.service.d'));
	}

	/** In the device's numbers. */
	kill(pid: number, signal = 'KILL'): Promise<string> {
		return this.device.ok('sh', '-c', `kill -${signal} ${pid}`);
	}
}
