import fs from 'node:fs';
import os from 'node:os';
import type {Manifest} from '../checkpoint/manifest.js';
import type {ConnectionSnapshot, Snapshot} from '../context/model.js';
import {ownedNames} from '../context/owned-names.js';
import type {OutsideEnd} from '../dbus/hold.js';
import {startTime} from '../kernel/proc-stat.js';
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

/** Every file mapped anywhere in the tree, once. */
function modulesOf({processes}: Snapshot): Manifest['modules'] {
	const modules = new Map<string, Manifest['modules'][number]>();
	for (const {path, size, buildId} of processes.flatMap((p) => mappedFiles(p.pid)))
		modules.set(path, {path, size, ...(buildId === undefined ? {} : {buildId})});
	return [...modules.values()];
}

/** This machine, as a manifest tells it. */
export function thisHost(): Manifest['host'] {
	return {
		bootId: firstLine('/proc/sys/kernel/random/boot_id'),
		machineId: firstLine('/etc/machine-id'),
		hostname: os.hostname(),
		arch: process.arch,
		kernel: os.release(),
		cpu: os.cpus()[0]?.model ?? '',
	};
}

/** Empty where the file is missing, as /etc/machine-id is in some containers. */
function firstLine(file: string): string {
	try {
		return fs.readFileSync(file, 'utf8').split('\n')[0] ?? '';
	} catch {
		return '';
	}
}
