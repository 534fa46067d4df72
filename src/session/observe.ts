import type {ConnectionSnapshot, Moment, Snapshot} from '../context/model.js';
import {connectionsOf} from '../dbus/connections.js';
import {snapshotProcesses} from '../process/snapshot.js';
import type {WatchedBus} from './watched-bus.js';

/** The live tree under `pid` and its bus connections, now. */
export async function observe(
	moment: Moment,
	pid: number,
	bus: WatchedBus,
	known: readonly ConnectionSnapshot[] = [],
): Promise<Snapshot> {
	const facts = await bus.facts();
	const processes = snapshotProcesses(pid);
	return {
		version: 1,
		moment,
		takenAt: new Date().toISOString(),
		pid,
		processes,
		connections: connectionsOf(processes, facts, known),
	};
}

/**
 * The restored tree before it runs, looked at quickly, because it stands still meanwhile: threads, descriptors and
 * credentials. Nothing behind its sockets can have changed yet.
 */
export function observeStopped(pid: number): Snapshot {
	return {
		version: 1,
		moment: 'pre-resume',
		takenAt: new Date().toISOString(),
		pid,
		processes: snapshotProcesses(pid, {sockets: false}),
		connections: [],
	};
}
