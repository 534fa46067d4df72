import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../common/fault.js';
import {type Bus, BusError, connectBus, connectPeer} from '../dbus/calls.js';
import type {Value} from '../dbus/wire/reader.js';
import {type UnitState, unitInterfaces, unitState} from './unit-state.js';

const destination = 'org.freedesktop.systemd1';
const managerPath = '/org/freedesktop/systemd1';

/** Where systemd itself listens: it answers root there without any bus, which may be the very thing that stands still. */
const privateSocket = '/run/systemd/private';
const systemBus = 'unix:path=/run/dbus/system_bus_socket';

/** A reload runs all generators and reads all units, milliseconds; systemctl waits as long. */
const reloadLimitMs = 90_000;
/** Between two looks at what systemd does, milliseconds. */
const lookMs = 5;

/** The manager of the system's units, over a connection of our own: it does not survive `daemon-reexec`, so keep it short. */
export class SystemManager {
	readonly #bus: Bus;

	private constructor(bus: Bus) {
		this.#bus = bus;
	}

	/** Whether systemd is the init of this system (as sd_booted(3) finds out). */
	static isHere(): boolean {
		return fs.existsSync('/run/systemd/system');
	}

	/** Throws `no-systemd`. */
	static async connect(): Promise<SystemManager> {
		if (!SystemManager.isHere()) throw new Fault('no-systemd', {reason: 'not-booted'});
		try {
			const isRoot = process.geteuid?.() === 0 && fs.existsSync(privateSocket);
			return new SystemManager(
				await (isRoot
					? connectPeer({address: `unix:path=${privateSocket}`})
					: connectBus({address: systemBus})),
			);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			throw new Fault('no-systemd', {reason: error.message}, {cause: error});
		}
	}

	/** Connects, works, disconnects. */
	static async use<T>(work: (manager: SystemManager) => Promise<T>): Promise<T> {
		const manager = await SystemManager.connect();
		try {
			return await work(manager);
		} finally {
			manager.close();
		}
	}

	/** The unit that systemd counts a process to; undefined: none, or one of another manager (a container's). */
	async unitOf(pid: number): Promise<UnitState | undefined> {
		const [path] = await this.#call('GetUnitByPID', 'u', [pid]).catch(unlessMissing);
		return path === undefined ? undefined : this.#read(String(path));
	}

	/** As systemd knows it now; undefined: there is no such unit. */
	async unit(name: string): Promise<UnitState | undefined> {
		const [path] = await this.#call('LoadUnit', 's', [name]).catch(unlessMissing);
		const state = path === undefined ? undefined : await this.#read(String(path));
		return state?.loadState === 'not-found' ? undefined : state;
	}

	/** Names of active units that match a glob pattern. */
	async names(pattern: string): Promise<string[]> {
		const [units] = await this.#call('ListUnitsByPatterns', 'asas', [['active'], [pattern]]);
		return (units as Value[]).map((unit) => String((unit as Value[])[0]));
	}

	/** As `systemctl daemon-reload`. */
	async reload(): Promise<void> {
		await this.#call('Reload', '', [], reloadLimitMs);
	}

	/** Enqueues the start; see `until` for what becomes of it. Throws BusError. */
	async start(name: string): Promise<void> {
		await this.#call('StartUnit', 'ss', [name, 'replace']);
	}

	async stop(name: string): Promise<void> {
		await this.#call('StopUnit', 'ss', [name, 'replace']);
	}

	async resetFailed(name: string): Promise<void> {
		await this.#call('ResetFailedUnit', 's', [name]);
	}

	/** Looks until the unit is so. @returns its state then, or undefined when `limitMs` passed first. */
	async until(
		name: string,
		isSo: (state: UnitState) => boolean,
		limitMs: number,
	): Promise<UnitState | undefined> {
		const end = performance.now() + limitMs;
		for (;;) {
			const state = await this.unit(name);
			if (state && isSo(state)) return state;
			if (performance.now() > end) return undefined;
			await delay(lookMs);
		}
	}

	close(): void {
		this.#bus.close();
	}

	async #read(path: string): Promise<UnitState> {
		const all = await Promise.all(
			unitInterfaces.map((of) =>
				this.#bus
					.call({
						destination,
						path,
						interface: 'org.freedesktop.DBus.Properties',
						member: 'GetAll',
						signature: 's',
						body: [of],
					})
					// A unit that is no service has no properties of one.
					.catch(unlessMissing),
			),
		);
		return unitState(all.map(([properties]) => (properties ?? new Map()) as Map<Value, Value>));
	}

	#call(member: string, signature: string, body: readonly unknown[], timeout?: number): Promise<Value[]> {
		const method = {destination, path: managerPath, interface: `${destination}.Manager`, member};
		return this.#bus.call({...method, signature, body, ...(timeout === undefined ? {} : {timeout})});
	}
}

function unlessMissing(error: unknown): [] {
	if (!(error instanceof BusError) || error.isOurs) throw error;
	return [];
}
