import type {FdSnapshot, ProcessSnapshot, Snapshot} from '../context/model.js';
import {type OutsideEnd, outsideEnds} from '../dbus/hold.js';

/** A sentence of `i18n` (`cli.findings`) and its facts. */
export interface Finding {
	finding: string;
	params: Record<string, string | number>;
}

export interface Preflight {
	/** CRIU cannot do it: the freeze is refused before anything is touched. */
	blockers: Finding[];
	/** It can be done, and this is worth knowing first. */
	warnings: Finding[];
	/** What is held open meanwhile. */
	held: OutsideEnd[];
}

/** What the preflight must know of this program and machine. */
export interface Capabilities {
	uid: number;
	/** Whether we may raise other users' limits (CAP_SYS_RESOURCE); CRIU needs it for them. */
	sysResource: boolean;
	/** Our own namespaces, as `ProcessSnapshot.namespaces`. */
	namespaces: Readonly<Record<string, string>>;
}

/** Namespaces in which this version cannot freeze; CRIU puts a process into a time namespace of its own. */
const sharedNamespaces = ['mnt', 'net', 'ipc', 'uts', 'cgroup', 'user', 'pid'];

/** Character devices that CRIU knows how to reopen. */
const plainDevices = new Set(
	['null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx', 'console'].map((name) => `/dev/${name}`),
);

/** Looks for what would block or change a freeze. Pure: it judges a snapshot and touches nothing. */
export function preflight(snapshot: Snapshot, we: Capabilities): Preflight {
	const blockers: Finding[] = [];
	const warnings: Finding[] = [];
	const tree = new Set(snapshot.processes.map((process) => process.pid));
	for (const process of snapshot.processes) {
		const {pid} = process;
		const kinds = foreignNamespaces(process, we.namespaces);
		if (kinds.length > 0)
			blockers.push({finding: 'other-namespaces', params: {pid, kinds: kinds.join(', ')}});
		const uid = process.credentials?.uid ?? we.uid;
		if (uid !== we.uid && !we.sysResource) blockers.push({finding: 'other-user', params: {pid, uid}});
		const {threads} = process;
		if (threads.length > 0 && threads.every(({state}) => state === 'T'))
			warnings.push({finding: 'stopped', params: {pid}});
		blockers.push(...obstacles(process, tree));
	}
	if (snapshot.connections.length === 0) warnings.push({finding: 'no-connection', params: {}});
	if (snapshot.connections.some(({matchRules}) => matchRules === null))
		warnings.push({finding: 'rules-untold', params: {}});
	return {blockers, warnings, held: outsideEnds(snapshot.processes)};
}

function foreignNamespaces({namespaces = {}}: ProcessSnapshot, ours: Capabilities['namespaces']): string[] {
	return sharedNamespaces.filter((kind) => {
		const theirs = namespaces[kind];
		return theirs !== undefined && ours[kind] !== undefined && theirs !== ours[kind];
	});
}

/** One finding of each kind for each thing: three rings of one io_uring user are one obstacle. */
function obstacles({pid, fds}: ProcessSnapshot, tree: ReadonlySet<number>): Finding[] {
	const found = new Map<string, Finding>();
	for (const {fd, kind, target, ofPid = -1} of fds) {
		const finding = obstacle(kind, target, ofPid, tree);
		const thing = finding === 'io-uring' ? finding : `${finding} ${target} ${ofPid}`;
		if (finding && !found.has(thing)) found.set(thing, {finding, params: {pid, fd, target, of: ofPid}});
	}
	return [...found.values()];
}

function obstacle(
	kind: FdSnapshot['kind'],
	target: string,
	ofPid: number,
	tree: ReadonlySet<number>,
): string | undefined {
	if (kind === 'io_uring') return 'io-uring';
	if (kind === 'pidfd' && ofPid > 0 && !tree.has(ofPid)) return 'foreign-pidfd';
	if (kind === 'device' && !plainDevices.has(target)) return 'device-open';
	return undefined;
}
