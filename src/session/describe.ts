import type {Manifest} from '../checkpoint/manifest.js';
import type {ConnectionSnapshot, Snapshot} from '../context/model.js';
import {ownedNames} from '../context/owned-names.js';
import type {OutsideEnd} from '../dbus/hold.js';
import {startTime} from '../kernel/proc-stat.js';
import {type AccountNames, accountNames} from '../process/account-names.js';
import {thisMachine} from '../process/machine.js';
import {mappedFiles} from '../process/mapped-files.js';
import type {HeldDescriptor} from './events.js';
import type {FreezeOptions} from './options.js';
import type {SessionParts} from './parts.js';

/** The manifest as it is before anything is touched. */
export function describeCheckpoint(
	parts: SessionParts,
	options: Pick<FreezeOptions, 'pid' | 'startTime' | 'policy'>,
	before: Snapshot,
): Manifest {
	const root = before.processes[0];
	if (!root) throw new Error('the snapshot is empty');
	const here = before.connections.filter(({busGuid}) => busGuid === parts.bus.guid);
	return {
		version: 1,
		createdAt: before.takenAt,
		state: 'freezing',
		target: {
			pid: options.pid,
			startTime: options.startTime,
			comm: root.comm,
			exe: root.exe,
			cmdline: root.cmdline,
			uid: root.credentials?.uid ?? -1,
			gid: root.credentials?.gid ?? -1,
			uniqueName: here[0]?.uniqueName ?? '',
			names: ownedNames(here),
			pids: before.processes.map((p) => p.pid),
		},
		accounts: accountsOf(before),
		modules: modulesOf(before),
		connections: before.connections,
		held: [],
		portable: true,
		portableBecause: [],
		policy: options.policy,
		bus: {address: parts.bus.address, guid: parts.bus.guid},
		criu: parts.criu,
		host: thisHost(),
		keeper: {pid: process.pid, startTime: startTime(process.pid) ?? ''},
	};
}

/** Why this can be thawed only here and only while we hold: everything held that is not a bus connection. */
export function portabilityOf(
	ends: readonly OutsideEnd[],
	connections: readonly ConnectionSnapshot[],
): string[] {
	const bus = new Set(connections.map((c) => c.inode));
	return ends
		.filter((end) => !bus.has(end.inode) && end.kind !== 'listener')
		.map((end) => `${end.kind} ${end.pid}/${end.fd} (${end.peer})`);
}

/** The held ends as events and manifest tell them. */
export function heldDescriptors(
	ends: readonly OutsideEnd[],
	connections: readonly ConnectionSnapshot[],
): HeldDescriptor[] {
	const names = new Map(connections.map((c) => [c.inode, c.uniqueName]));
	return ends.map(({kind, inode, pid, fd, peer}) => ({
		kind,
		inode,
		pid,
		fd,
		peer: names.get(inode) ?? peer,
		bus: names.has(inode),
	}));
}

function accountsOf({processes}: Snapshot): AccountNames {
	const all = processes.flatMap(({credentials}) => credentials ?? []);
	return accountNames(
		all.flatMap(({uid, euid}) => [uid, euid]),
		all.flatMap(({gid, egid, groups}) => [gid, egid, ...groups]),
	);
}

/** Every file mapped anywhere in the tree, once. */
function modulesOf({processes}: Snapshot): Manifest['modules'] {
	const modules = new Map<string, Manifest['modules'][number]>();
	for (const {path, size, buildId} of processes.flatMap((p) => mappedFiles(p.pid)))
		modules.set(path, {path, size, ...(buildId === undefined ? {} : {buildId})});
	return [...modules.values()];
}

/** This machine, as a manifest tells it. */
export function thisHost(): Manifest['host'] {
	const {namespaces: _, ...host} = thisMachine();
	return {arch: process.arch, ...host};
}
