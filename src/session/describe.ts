import type {Manifest} from '../checkpoint/manifest.js';
import type {ConnectionSnapshot, ProcessSnapshot, Snapshot} from '../context/model.js';
import {inOwnNumbers} from '../context/own-numbers.js';
import {ownedNames} from '../context/owned-names.js';
import type {CriuPlace} from '../criu/place.js';
import type {HeldEnd, OutsideEnd} from '../dbus/hold.js';
import {type AccountNames, accountNames} from '../process/account-names.js';
import {inodeIn} from '../process/fds.js';
import {thisMachine} from '../process/machine.js';
import {mappedFiles} from '../process/mapped-files.js';
import type {HeldDescriptor} from './events.js';
import type {FreezeOptions} from './options.js';
import {type SessionParts, thisKeeper} from './parts.js';
import type {CriuNeeds} from './preflight/needs.js';
import {remakeOf} from './remake.js';

/** The manifest as it is before anything is touched. */
export function describeCheckpoint(
	parts: SessionParts,
	options: Pick<FreezeOptions, 'startTime' | 'policy'>,
	seen: Snapshot,
): Manifest {
	const before = inOwnNumbers(seen);
	const root = before.processes[0];
	if (!root) throw new Error('the snapshot is empty');
	const here = before.connections.filter(({busGuid}) => busGuid === parts.bus.guid);
	return {
		version: 1,
		createdAt: before.takenAt,
		state: 'freezing',
		target: {
			pid: before.pid,
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
		...(root.nest === undefined ? {} : {nested: true}),
		...numbersHereOf(before),
		accounts: accountsOf(before),
		modules: modulesOf(seen),
		connections: before.connections,
		held: [],
		portable: true,
		portableBecause: [],
		policy: options.policy,
		bus: {address: parts.bus.address, guid: parts.bus.guid},
		criu: parts.criu,
		host: thisHost(),
		keeper: thisKeeper(),
	};
}

/** Who is at the other end of the bus connections: a new one gets a pidfd of the daemon that it is made to. */
function daemonsOf(ends: readonly OutsideEnd[], connections: readonly ConnectionSnapshot[]): Set<number> {
	const inodes = new Set(connections.map(({inode}) => inode));
	return new Set(ends.filter(({inode}) => inodes.has(inode)).map(({peerPid}) => peerPid));
}

/** Held, but CRIU has all of them in the images, too. */
const rebuilt = new Set(['listener', 'file']);

/** Why this can be thawed only here and only while we hold: everything held that nobody can make anew. */
export function portabilityOf(
	ends: readonly OutsideEnd[],
	{namespaces}: Pick<CriuNeeds, 'namespaces'>,
	{pid: root, connections}: Pick<Snapshot, 'pid' | 'connections'>,
): string[] {
	const bus = new Set(connections.map((c) => c.inode));
	const daemons = daemonsOf(ends, connections);
	const descriptors = ends
		.filter(({inode, kind, isExternal}) => !bus.has(inode) && (isExternal || !rebuilt.has(kind)))
		.filter((end) => remakeOf(end) === undefined)
		.filter(({kind, peerPid}) => kind !== 'pidfd' || !daemons.has(peerPid))
		.map(({kind, pid, fd, peer}) => `${kind} ${pid}/${fd} (${peer})`);
	return [...descriptors, ...namespaces.map((kind) => `namespace ${kind} of ${root}`)];
}

/** Everything that is held, as events and manifest tell it. */
export function allHeld(
	{held, place, numbers}: SessionParts,
	{processes, connections}: Snapshot,
): HeldDescriptor[] {
	const [root] = processes;
	const all = [...heldDescriptors(held, connections), ...(root ? heldNamespaces(place, root) : [])];
	return all.map((one) => ({...one, pid: numbers.own(one.pid)}));
}

function heldDescriptors(
	ends: readonly HeldEnd[],
	connections: readonly ConnectionSnapshot[],
): HeldDescriptor[] {
	const names = new Map(connections.map((c) => [c.inode, c.uniqueName]));
	const daemons = daemonsOf(ends, connections);
	return ends.map((end) => {
		const {kind, inode, pid, fd, peer, peerPid, external} = end;
		const remake = remakeOf(end);
		return {
			kind,
			inode,
			pid,
			fd,
			peer: names.get(inode) ?? peer,
			bus: names.has(inode),
			...(remake ? {remake} : {}),
			...(kind === 'pidfd' && daemons.has(peerPid) ? {ofDaemon: true} : {}),
			...(external ? {external} : {}),
		};
	});
}

/** The namespaces that the tree lives in and that we keep, in the same words. */
function heldNamespaces(place: CriuPlace, {pid, namespaces = {}}: ProcessSnapshot): HeldDescriptor[] {
	return place.namespaces.map(({kind}) => {
		const peer = namespaces[kind] ?? kind;
		return {kind: 'namespace', inode: inodeIn(peer) ?? 0, pid, fd: -1, peer, bus: false};
	});
}

/** For the manifest: where the processes of a snapshot in own numbers are called otherwise here. */
export function numbersHereOf({processes}: Snapshot): Pick<Manifest, 'numbersHere'> {
	const pairs = processes.flatMap(({pid, pidHere}) =>
		pidHere === undefined ? [] : [[pid, pidHere] as const],
	);
	return pairs.length === 0 ? {} : {numbersHere: Object.fromEntries(pairs)};
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
