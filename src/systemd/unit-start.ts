import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../common/fault.js';
import {BusError} from '../dbus/calls.js';
import {readStat} from '../kernel/proc-stat.js';
import {dropInFile, removeDropIn, writeDropIn} from './drop-in.js';
import {holderFor, startingMs} from './holder-for.js';
import {SystemManager} from './manager.js';
import {UnitPlace} from './unit-place.js';
import type {UnitState} from './unit-state.js';

/** systemd forks and sets up the sandbox of a unit well within a second; its dependencies may take longer. Milliseconds. */
const startLimitMs = 30_000;
/** systemd kills a service that does not stop after 90 s, milliseconds. */
const stopLimitMs = 100_000;

/**
 * What makes a unit start without its program: something that does nothing stands where the program's process will
 * be, in the unit's cgroup and surroundings, with its output. As `Type=notify` the unit is `activating` until it is
 * told that the restored process is there; so nobody takes it for started, and when that fails it has not started.
 */
const withoutProgram = [
	'Type=notify',
	'NotifyAccess=main',
	'Restart=no',
	'PIDFile=',
	`TimeoutStartSec=${startingMs}ms`,
	...['ExecCondition', 'ExecStartPre', 'ExecStart', 'ExecStartPost', 'ExecStop', 'ExecStopPost'].map(
		(what) => `${what}=`,
	),
	'ExecStart=/bin/sleep infinity',
];
const placeholderComm = 'sleep';
const lookMs = 2;

const isDown = ({activeState}: UnitState) => activeState === 'inactive' || activeState === 'failed';

/**
 * Starts a unit as the place for process `pid`, which is not there yet: our holder is its main process then.
 * @param stopFirst stop another instance, if one runs.
 * @returns undefined: there is no such unit here.
 * Throws `unit-active`, `unit-not-started`, `unit-refused`, `no-systemd`, and then nothing of ours is left.
 */
export async function startUnit(
	name: string,
	pid: number,
	stopFirst: boolean,
	status: string,
): Promise<UnitPlace | undefined> {
	if (!SystemManager.isHere()) return undefined;
	return SystemManager.use(async (manager) => {
		const before = await manager.unit(name);
		if (!before) return undefined;
		if (!isDown(before)) await stop(manager, before, stopFirst);
		// Before anything is changed: it puts everything right should we end.
		const holder = await holderFor(before, {pid});
		holder.say('starting');
		try {
			writeDropIn(name, withoutProgram);
			await manager.reload();
			if (before.activeState === 'failed') await manager.resetFailed(name);
			return await UnitPlace.take(manager, await start(manager, name), holder, status);
		} catch (error) {
			await manager.stop(name).catch(() => {});
			await holder.end();
			if (removeDropIn(dropInFile(name))) await manager.reload();
			throw error;
		}
	});
}

/** Throws `unit-active` where `startUnit` would. */
export async function requireDown(name: string): Promise<void> {
	if (!SystemManager.isHere()) return;
	const state = await SystemManager.use((manager) => manager.unit(name));
	if (state && !isDown(state)) throw activeFault(state);
}

function activeFault({name: unit, mainPid: pid, activeState: state}: UnitState): Fault {
	return new Fault('unit-active', {unit, pid, state});
}

async function stop(manager: SystemManager, before: UnitState, isAllowed: boolean): Promise<void> {
	if (!isAllowed) throw activeFault(before);
	await manager.stop(before.name);
	if (!(await manager.until(before.name, isDown, stopLimitMs))) throw activeFault(before);
}

async function start(manager: SystemManager, unit: string): Promise<UnitState> {
	try {
		await manager.start(unit);
	} catch (error) {
		if (!(error instanceof BusError)) throw error;
		throw new Fault('unit-not-started', {unit, result: error.message}, {cause: error});
	}
	const has = (state: UnitState) => state.mainPid > 0 || state.activeState === 'failed';
	const state = await manager.until(unit, has, startLimitMs);
	if (!state?.mainPid) throw new Fault('unit-not-started', {unit, result: state?.result ?? 'timeout'});
	await untilInPlace(unit, state.mainPid);
	return state;
}

/** Before it becomes that program, it has neither its output nor its namespaces. */
async function untilInPlace(unit: string, pid: number): Promise<void> {
	const end = performance.now() + startLimitMs;
	for (;;) {
		const stat = readStat(pid);
		if (stat?.comm === placeholderComm) return;
		if (!stat || performance.now() > end)
			throw new Fault('unit-not-started', {unit, result: stat ? 'timeout' : 'exit-code'});
		await delay(lookMs);
	}
}
