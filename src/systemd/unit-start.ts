import {Fault} from '../common/fault.js';
import {BusError} from '../dbus/calls.js';
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

async function stop(manager: SystemManager, before: UnitState, isAllowed: boolean): Promise<void> {
	const {name: unit, mainPid: pid, activeState: state} = before;
	if (!isAllowed) throw new Fault('unit-active', {unit, pid, state});
	await manager.stop(unit);
	if (!(await manager.until(unit, isDown, stopLimitMs))) throw new Fault('unit-active', {unit, pid, state});
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
	return state;
}
