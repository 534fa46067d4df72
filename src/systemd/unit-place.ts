import os from 'node:os';
import {Fault} from '../common/fault.js';
import {closeFd} from '../kernel/descriptor.js';
import {SystemCallError} from '../kernel/errors.js';
import {duplicateFd, hasExited, openPidfd, signalPidfd} from '../kernel/pidfd.js';
import {peerName} from '../kernel/socket-address.js';
import {isJournalStream} from '../process/journal.js';
import {cgroupFolder} from './cgroup.js';
import {removeDropIn, writeDropIn} from './drop-in.js';
import {SystemManager} from './manager.js';
import {notifyAs} from './notify.js';
import {UnitHolder} from './unit-holder.js';
import type {UnitState} from './unit-state.js';

/** systemd reads such a message within microseconds, unless it is reloading; milliseconds. */
const acceptLimitMs = 5000;
/** A unit whose processes do nothing stops at once, milliseconds. */
const stopLimitMs = 5000;

/** Signals that by custom ask something of a service, unless its unit says that they end it. */
const requests = ['HUP', 'USR1', 'USR2'];

/** Who is to be the main process of a unit while the real one is frozen, and what it is told at once. */
export interface Succession {
	state: UnitState;
	/** The main process now. */
	from: number;
	/** The process that is, or will be, frozen, and its start time. */
	pid: number;
	startTime: string;
	dropIn: string | undefined;
	/** `from` is nobody's process: it keeps a place that the holder alone cannot keep, and ends when we leave. */
	isStandIn?: boolean;
	/** For `systemctl status`. English, as what programs say there is by custom. */
	status: string;
}

/** A unit whose main process is frozen and that does not know it: our holder is its main process. */
export class UnitPlace {
	readonly unit: string;
	/** Folder of the cgroup that the process was in, and must be in again. */
	readonly cgroup: string;
	readonly #holder: UnitHolder;
	readonly #statusText: string;
	#dropIn: string | undefined;
	/** The unit was started for this, and waits to hear that it has. */
	readonly isStarting: boolean;
	/** A pidfd, of the stand-in if there is one. */
	readonly #standIn: number | undefined;
	/** Duplicates of the stand-in's standard output and error, where they go to the journal. */
	readonly journal: readonly number[];

	private constructor({state, dropIn, from, isStandIn}: Succession, cgroup: string, holder: UnitHolder) {
		this.unit = state.name;
		this.cgroup = cgroup;
		this.#holder = holder;
		this.#statusText = state.statusText;
		this.#dropIn = dropIn;
		this.isStarting = state.activeState === 'activating';
		this.#standIn = isStandIn ? openPidfd(from) : undefined;
		this.journal = this.#standIn === undefined ? [] : journalOf(this.#standIn);
	}

	/**
	 * Takes the place of process `pid`, if it is the main process of an active unit of the system's manager;
	 * undefined if it is not. Nothing becomes of the process by it.
	 * Throws `unit-refused`, `no-systemd`, and then all is as before.
	 */
	static async take(pid: number, startTime: string, status: string): Promise<UnitPlace | undefined> {
		if (!SystemManager.isHere()) return undefined;
		return SystemManager.use(async (manager) => {
			const state = await manager.unitOf(pid);
			if (!state || state.mainPid !== pid || !['active', 'reloading'].includes(state.activeState))
				return undefined;
			// Where nobody may speak for the unit, its main process must be allowed to.
			const dropIn =
				state.notifyAccess === 'none' ? writeDropIn(state.name, ['NotifyAccess=main']) : undefined;
			try {
				if (dropIn !== undefined) await manager.reload();
				return await UnitPlace.succeed(manager, {state, from: pid, pid, startTime, dropIn, status});
			} catch (error) {
				if (dropIn !== undefined) {
					removeDropIn(dropIn);
					await manager.reload();
				}
				throw error;
			}
		});
	}

	/** Makes a new holder the main process in the place of `from`. Throws `unit-refused`. */
	static async succeed(manager: SystemManager, succession: Succession): Promise<UnitPlace> {
		const {state, from, pid, startTime, dropIn, status} = succession;
		const unit = state.name;
		const cgroup = cgroupFolder(from);
		if (cgroup === undefined) throw new Fault('unit-refused', {unit, reason: 'no-cgroup'});
		const isEnd = (number: number) => state.endSignals.includes(number);
		const names = Object.entries(os.constants.signals).filter(([, number]) => isEnd(number));
		const endSignals = names.map(([name]) => name.slice('SIG'.length)).filter((name) => name !== 'KILL');
		const signals = requests.filter((name) => !endSignals.includes(name));
		// systemd's own advice is half of the time; a third leaves room for a busy machine.
		const watchdogMs = Math.floor(state.watchdogUsec / 3000);
		const process = {unit, cgroup, pid, startTime};
		const holder = await UnitHolder.start({...process, watchdogMs, dropIn, signals, endSignals});
		try {
			notifyAs(from, [`MAINPID=${holder.pid}`, 'WATCHDOG=1', `STATUS=${status}`]);
			const accepted = await manager.until(unit, ({mainPid}) => mainPid === holder.pid, acceptLimitMs);
			if (!accepted) throw new Fault('unit-refused', {unit, reason: 'main-pid'});
			return new UnitPlace(succession, cgroup, holder);
		} catch (error) {
			await holder.end();
			throw error;
		}
	}

	get holderPid(): number {
		return this.#holder.pid;
	}

	/** systemd, or whoever, has ended the holder: the unit has lost its main process. */
	get isLost(): boolean {
		return this.#holder.isLost;
	}

	/** Calls `listener` when the place is lost, at once if it is. */
	onLost(listener: () => void): void {
		this.#holder.onLost(listener);
	}

	/** What the holder must know in case that it is left alone. */
	say(state: Parameters<UnitHolder['say']>[0]): void {
		this.#holder.say(state);
	}

	/** Signals that came for the frozen process, each once. */
	get signals(): NodeJS.Signals[] {
		return [...new Set(this.#holder.signals)].map((name) => `SIG${name}` as NodeJS.Signals);
	}

	/**
	 * `pid`, which is in the unit's cgroup, is the main process from now on.
	 * Throws `unit-refused`: the holder still is.
	 */
	async giveBack(pid: number): Promise<void> {
		const {unit} = this;
		const lines = [`MAINPID=${pid}`, 'WATCHDOG=1', `STATUS=${this.#statusText}`];
		notifyAs(this.#holder.pid, this.isStarting ? [...lines, 'READY=1'] : lines);
		const isSo = ({mainPid, activeState}: UnitState) =>
			mainPid === pid && (!this.isStarting || activeState === 'active');
		const accepted = await SystemManager.use((manager) => manager.until(unit, isSo, acceptLimitMs));
		if (!accepted) throw new Fault('unit-refused', {unit, reason: 'main-pid'});
	}

	/** Puts the unit's settings as they were, and ends the holder, which nothing hangs on any more. */
	async leave(): Promise<void> {
		this.#dismiss();
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
			this.#dismiss();
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
	abandon(): Promise<void> {
		return this.#holder.abandon();
	}

	#dismiss(): void {
		for (const fd of this.journal) closeFd(fd);
		if (this.#standIn === undefined) return;
		if (!hasExited(this.#standIn)) signalPidfd(this.#standIn, os.constants.signals.SIGKILL);
		closeFd(this.#standIn);
	}

	/** Puts the unit's settings as they were. */
	async clean(): Promise<void> {
		if (this.#dropIn === undefined) return;
		removeDropIn(this.#dropIn);
		this.#dropIn = undefined;
		await SystemManager.use((manager) => manager.reload());
	}
}

/** Of descriptors 1 and 2 those that are connected to the journal; both may be one connection. */
function journalOf(pidfd: number): number[] {
	return [1, 2].flatMap((number) => {
		const fd = duplicateFd(pidfd, number);
		if (isJournal(fd)) return [fd];
		closeFd(fd);
		return [];
	});
}

function isJournal(fd: number): boolean {
	try {
		return isJournalStream(peerName(fd));
	} catch (error) {
		if (error instanceof SystemCallError) return false;
		throw error;
	}
}
