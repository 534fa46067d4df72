import {Fault} from '../common/fault.js';
import {cgroupFolder} from './cgroup.js';
import {dropInFile, removeDropIn} from './drop-in.js';
import {SystemManager} from './manager.js';
import {notifyAs} from './notify.js';
import {Placeholder} from './placeholder.js';
import type {HolderState, UnitHolder} from './unit-holder.js';
import type {UnitState} from './unit-state.js';

/** systemd reads such a message within microseconds, but not while it reloads; milliseconds. */
const acceptLimitMs = 20_000;
/** A unit whose processes do nothing stops at once, milliseconds. */
const stopLimitMs = 5000;

/** A unit whose main process is frozen and that does not know it: our holder is its main process. */
export class UnitPlace {
	readonly unit: string;
	/** Folder of the cgroup that the process was in, and must be in again. */
	readonly cgroup: string;
	readonly #holder: UnitHolder;
	/** What the service itself had said of itself. */
	readonly #statusText: string;
	/** Of a unit that was started for this. */
	readonly #placeholder: Placeholder | undefined;

	private constructor(
		{name, statusText}: UnitState,
		cgroup: string,
		holder: UnitHolder,
		placeholder: Placeholder | undefined,
	) {
		this.unit = name;
		this.cgroup = cgroup;
		this.#statusText = statusText;
		this.#holder = holder;
		this.#placeholder = placeholder;
	}

	/**
	 * Makes the holder the main process instead of the one that is now; that goes on. A unit that is starting waits
	 * until the place is given back.
	 * @param status for `systemctl status`; English, as what programs say there is by custom.
	 * Throws `unit-refused`: all is as before, and what becomes of the holder is the caller's part.
	 */
	static async take(
		manager: SystemManager,
		state: UnitState,
		holder: UnitHolder,
		status: string,
	): Promise<UnitPlace> {
		const {name: unit, mainPid} = state;
		const cgroup = cgroupFolder(mainPid);
		if (cgroup === undefined) throw new Fault('unit-refused', {unit, reason: 'no-cgroup'});
		await holder.enter(cgroup);
		notifyAs(mainPid, [`MAINPID=${holder.pid}`, 'WATCHDOG=1', `STATUS=${status}`]);
		const accepted = await manager.until(unit, (now) => now.mainPid === holder.pid, acceptLimitMs);
		if (!accepted) throw new Fault('unit-refused', {unit, reason: 'main-pid'});
		const isStarting = state.activeState === 'activating';
		return new UnitPlace(state, cgroup, holder, isStarting ? new Placeholder(mainPid) : undefined);
	}

	get holderPid(): number {
		return this.#holder.pid;
	}

	/** The unit was started for this, and waits to hear that it has. */
	get isStarting(): boolean {
		return this.#placeholder !== undefined;
	}

	/** Of a unit that was started: connections to the journal as it makes them for its processes. They stay ours. */
	get journal(): readonly number[] {
		return this.#placeholder?.journal ?? [];
	}

	/** Of a unit that was started: a process that lives in the surroundings that it makes for its own, until we leave. */
	get placeholderPid(): number | undefined {
		return this.#placeholder?.pid;
	}

	/** systemd, or whoever, has ended the holder: the unit has lost its main process. */
	get isLost(): boolean {
		return this.#holder.isLost;
	}

	/** By which systemd wants the unit to end. */
	get endSignal(): NodeJS.Signals | undefined {
		return this.#holder.endSignal;
	}

	/** Signals that came for the frozen process, each once. */
	get signals(): NodeJS.Signals[] {
		return [...new Set(this.#holder.signals)].map((name) => `SIG${name}` as NodeJS.Signals);
	}

	/** Calls `listener` when the place is lost, at once if it is. */
	onLost(listener: () => void): void {
		this.#holder.onLost(listener);
	}

	/** What the holder must know in case that it is left alone. A unit that was started is stopped then, until all is restored. */
	say(state: HolderState, pid?: number): void {
		this.#holder.say(this.isStarting && state !== 'running' ? 'starting' : state, pid);
	}

	/**
	 * `pid`, which is in the unit's cgroup, is the main process from now on.
	 * Throws `unit-refused`, `no-systemd`: the holder still is.
	 */
	async giveBack(pid: number): Promise<void> {
		const {unit, isStarting} = this;
		const lines = [`MAINPID=${pid}`, 'WATCHDOG=1', `STATUS=${this.#statusText}`];
		notifyAs(this.#holder.pid, isStarting ? [...lines, 'READY=1'] : lines);
		const isSo = ({mainPid, activeState}: UnitState) =>
			mainPid === pid && (!isStarting || activeState === 'active');
		const accepted = await SystemManager.use((manager) => manager.until(unit, isSo, acceptLimitMs));
		if (!accepted) throw new Fault('unit-refused', {unit, reason: 'main-pid'});
	}

	/** Puts the unit's settings as they were, and ends the holder, which nothing hangs on any more. */
	async leave(): Promise<void> {
		this.#placeholder?.dismiss();
		// The holder stays until then: should we end here, it does the same.
		await this.clean();
		await this.#holder.end();
	}

	/** The unit was started in vain: stops it. */
	async stop(): Promise<void> {
		const {unit} = this;
		await SystemManager.use(async (manager) => {
			await manager.stop(unit);
			await this.#holder.end();
			this.#placeholder?.dismiss();
			await manager.until(unit, ({activeState}) => activeState !== 'deactivating', stopLimitMs);
			await manager.resetFailed(unit).catch(() => {});
		});
		await this.clean();
	}

	/** Lets the holder end, which systemd wants to end. */
	yield(): Promise<void> {
		return this.#holder.end();
	}

	/** The frozen process is given up: the unit loses its main process as by a crash. */
	async abandon(): Promise<void> {
		await this.#holder.abandon();
		// One that systemd has ended has not done it.
		await this.clean();
	}

	/** Puts the unit's settings as they were. */
	async clean(): Promise<void> {
		if (removeDropIn(dropInFile(this.unit))) await SystemManager.use((manager) => manager.reload());
	}
}
