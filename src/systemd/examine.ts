import {Fault} from '../common/fault.js';
import {unitOf} from '../process/unit.js';
import {SystemManager} from './manager.js';
import type {UnitState} from './unit-state.js';

/** What a freeze of process `pid` means to systemd. */
export interface UnitExamination {
	unit: string;
	/**
	 * `main`: we take its place. `other`: it is not the main process. `foreign`: a manager other than the system's
	 * looks after it.
	 */
	role: 'main' | 'other' | 'foreign';
	state?: UnitState;
}

/** Undefined: no unit, or no systemd that would tell. Nothing is touched. */
export async function examineUnit(pid: number): Promise<UnitExamination | undefined> {
	if (!SystemManager.isHere()) return undefined;
	const named = unitOf(pid).unit;
	let state: UnitState | undefined;
	try {
		state = await SystemManager.use((manager) => manager.unitOf(pid));
	} catch (error) {
		// Without rights, or with a systemd that is starting anew: the freeze itself will tell.
		if (error instanceof Fault) return undefined;
		throw error;
	}
	if (!state?.name.endsWith('.service')) return undefined;
	if (named !== undefined && named !== state.name) return {unit: named, role: 'foreign'};
	return {unit: state.name, role: state.mainPid === pid ? 'main' : 'other', state};
}
