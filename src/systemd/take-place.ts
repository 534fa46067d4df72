import {dropInFile, removeDropIn, writeDropIn} from './drop-in.js';
import {holderFor} from './holder-for.js';
import {SystemManager} from './manager.js';
import {UnitPlace} from './unit-place.js';

/**
 * Takes the place of process `pid`, if it is the main process of an active service of the system's manager;
 * undefined if it is not. The process notices nothing.
 * @param status see `UnitPlace.take`.
 * Throws `unit-refused`, `no-systemd`, and then all is as before.
 */
export async function takePlace(
	pid: number,
	startTime: string,
	status: string,
): Promise<UnitPlace | undefined> {
	if (!SystemManager.isHere()) return undefined;
	return SystemManager.use(async (manager) => {
		const state = await manager.unitOf(pid);
		if (!state || state.mainPid !== pid || !['active', 'reloading'].includes(state.activeState))
			return undefined;
		// Before anything is changed: it puts everything right should we end.
		const holder = await holderFor(state, {pid, startTime});
		try {
			// Where nobody may speak for the unit, its main process must be allowed to.
			if (state.notifyAccess === 'none') {
				writeDropIn(state.name, ['NotifyAccess=main']);
				await manager.reload();
			}
			return await UnitPlace.take(manager, state, holder, status);
		} catch (error) {
			if (removeDropIn(dropInFile(state.name))) await manager.reload();
			await holder.end();
			throw error;
		}
	});
}
