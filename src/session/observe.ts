import type {ConnectionSnapshot, Moment, ProcessSnapshot, Snapshot} from '../context/model.js';
import {type BusFacts, connectionsOf} from '../dbus/connections.js';
import {connectorsOf} from '../dbus/connectors.js';
import {thisMachine} from '../process/machine.js';
import {type StackCopies, snapshotProcesses} from '../process/snapshot.js';
import type {WatchedBus} from './watched-bus.js';

/**
 * The live tree under `pid` and its bus connections, now; those to `bus` come before those to other buses.
 * @param stacks given to stop each thread for a moment, so that its registers are seen: see `snapshotProcesses`.
 */
export async function observe(
	moment: Moment,
	pid: number,
	bus: WatchedBus,
	known: readonly ConnectionSnapshot[] = [],
	stacks?: StackCopies,
): Promise<Snapshot> {
	const facts = await bus.facts();
	const processes = snapshotProcesses(pid, stacks ? {stacks} : {});
	const others = await otherFacts(bus, processes);
	return {
		version: 1,
		moment,
		takenAt: new Date().toISOString(),
		pid,
		processes,
		machine: thisMachine(),
		connections: [facts, ...others].flatMap((each) => connectionsTo(each, processes, known)),
	};
}

/** Everybody on `bus` and on the other buses of these processes. */
export async function allFacts(bus: WatchedBus, processes: readonly ProcessSnapshot[]): Promise<BusFacts[]> {
	return [await bus.facts(), ...(await otherFacts(bus, processes))];
}

/** A bus that goes away while it is asked is told by the hang-up of the connections, not here. */
async function otherFacts(bus: WatchedBus, processes: readonly ProcessSnapshot[]): Promise<BusFacts[]> {
	const others = await bus.others(processes);
	const facts = await Promise.allSettled(others.map((other) => other.facts()));
	return facts.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

function connectionsTo(
	facts: BusFacts,
	processes: readonly ProcessSnapshot[],
	known: readonly ConnectionSnapshot[],
): ConnectionSnapshot[] {
	const connectors = facts.daemonPid === undefined ? undefined : connectorsOf(processes, facts.daemonPid);
	return connectionsOf(processes, facts, {known, ...(connectors ? {connectors} : {})});
}
