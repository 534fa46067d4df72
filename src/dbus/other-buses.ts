import {statSync} from 'node:fs';
import type {ProcessSnapshot} from '../context/model.js';
import {ifReadable} from '../process/read.js';
import {type BusLocation, escapeAddressValue} from './address.js';

/** Programs whose clients are on a bus; each process of them is one bus. */
const daemons = new Set(['dbus-daemon', 'dbus-broker']);

/** A bus daemon that a process tree is connected to. */
export interface BusDaemon {
	pid: number;
	/** Where it listens, once for each user as whom to connect, in the order to try. */
	locations: BusLocation[];
}

/**
 * The buses that a process tree is connected to besides the one of `knownPid`: told by the program at the other
 * end, and by the name of that end, which is the name of the socket that accepted the connection.
 */
export function otherBuses(processes: readonly ProcessSnapshot[], knownPid: number | undefined): BusDaemon[] {
	const found = new Map<number, BusDaemon>();
	for (const {socket} of processes.flatMap(({fds}) => fds)) {
		const {pid, comm, name} = socket?.peer ?? {};
		if (pid === undefined || pid === knownPid || found.has(pid)) continue;
		if (socket?.family !== 'unix' || !name || !daemons.has(comm ?? '')) continue;
		found.set(pid, {pid, locations: locationsOf(pid, name)});
	}
	return [...found.values()];
}

/** A session's daemon lets in its own user only, and often not root. */
function locationsOf(pid: number, socketName: string): BusLocation[] {
	const address = socketName.startsWith('@')
		? `unix:abstract=${escapeAddressValue(socketName.slice(1))}`
		: `unix:path=${escapeAddressValue(socketName)}`;
	const uid = ifReadable(() => statSync(`/proc/${pid}`).uid);
	return uid === undefined || uid === process.geteuid?.() ? [{address}] : [{address}, {address, uid}];
}
