import {noteOwnChange} from './changes.js';
import {compareFds} from './fds.js';
import {isOwnNamespaceOfBoth} from './machine.js';
import {compareMaps} from './maps.js';
import type {Credentials, ProcessSnapshot, Snapshot} from './model.js';
import {isFrozen, pathOf, wasStopped, withoutStops} from './normalise.js';
import {agreedWhenFrozen, note, type Pair, processIn} from './pair.js';
import {compareThreads} from './threads.js';

/** Every process of the tree must be there, be the same program, and belong to the same user. */
export function compareProcesses(pair: Pair): void {
	const later = new Map(pair.after.processes.map((process) => [process.pid, process]));
	for (const process of pair.before.processes) {
		const match = later.get(process.pid);
		later.delete(process.pid);
		if (match === undefined) {
			noteMissing(pair, process);
		} else {
			compareProcess(pair, process, match);
			compareState(pair, process, match);
			compareEnvironment(pair, process, match);
			compareMaps(pair, process, match);
			compareMemoryDigests(pair, process, match);
			compareThreads(pair, process, match);
			compareFds(pair, process, match);
		}
	}
	for (const process of later.values()) {
		noteExtra(pair, process);
	}
}

function noteMissing(pair: Pair, process: ProcessSnapshot): void {
	const path = `processes/${process.pid}`;
	const root = process.pid === pair.before.pid;
	const views = pair.frozenViews;
	if (!root && pair.ranOn && processIn(pair.witness, process.pid) !== undefined) {
		note(pair, path, [process.comm, null], 'expected', 'ended-after', {what: 'process'});
	} else if (
		!root &&
		!process.threads.some(wasStopped) &&
		views !== undefined &&
		processIn(views.image, process.pid) === undefined &&
		processIn(views.preResume, process.pid) === undefined
	) {
		note(pair, path, [process.comm, null], 'expected', 'ran-before-freeze', {});
	} else {
		note(pair, path, [process.comm, null], 'broken', 'lost', {what: 'process'});
	}
}

function noteExtra(pair: Pair, process: ProcessSnapshot): void {
	const path = `processes/${process.pid}`;
	if (pair.ranOn) {
		note(pair, path, [null, process.comm], 'expected', 'added-after', {what: 'process'});
	} else if (agreedWhenFrozen(pair, (snapshot) => processIn(snapshot, process.pid)?.pid)) {
		note(pair, path, [null, process.comm], 'expected', 'ran-before-freeze', {});
	} else {
		note(pair, path, [null, process.comm], 'changed', 'extra', {what: 'process'});
	}
}

function compareProcess(pair: Pair, before: ProcessSnapshot, after: ProcessSnapshot): void {
	const path = `processes/${before.pid}`;
	compareParent(pair, path, before, after);
	if (
		before.startTime !== undefined &&
		after.startTime !== undefined &&
		before.startTime !== after.startTime
	) {
		note(pair, `${path}/startTime`, [before.startTime, after.startTime], 'expected', 'start-time', {});
	}
	const [was, is] = [before, after].map(({pid, pidHere = pid}) => pidHere);
	if (before.startTime !== undefined && was !== is)
		note(pair, `${path}/pidHere`, [was, is], 'expected', 'called-otherwise', {});
	for (const property of ['exe', 'cwd', 'cmdline', 'comm'] as const) {
		compareProperty(pair, path, property, before, after);
	}
	compareNamespaces(pair, path, before, after);
	compareCredentials(pair, path, before, after);
}

/** What a program sets for itself, as texts; undefined: not told at that moment. */
const state: Record<string, (process: ProcessSnapshot) => string | undefined> = {
	root: ({root}) => root,
	umask: ({umask}) => umask?.replace(/^0+(?=.)/, ''),
	pgid: ({pgid}) => pgid?.toString(),
	sid: ({sid}) => sid?.toString(),
	cgroup: ({cgroup}) => cgroup && [...cgroup].sort().join(' '),
	'signals/ignored': ({signals}) => signals?.ignored,
	'signals/caught': ({signals}) => signals?.caught,
	'signals/pending': ({signals}) => signals && withoutStops(signals.pending),
	'signals/actions': ({signals}) =>
		signals?.actions
			?.map(({signal, handler, flags, mask}) => `${signal}:${handler}/${flags}/${mask}`)
			.join(' '),
	timers: ({timers}) =>
		timers?.posix
			.map(({id, clock, signal, notify}) => `${id}:clock ${clock} signal ${signal}/${notify}`)
			.sort()
			.join(' '),
	// Images do not tell the file of a held descriptor.
	locks: ({locks}) =>
		locks?.some((lock) => lock.endsWith(' ')) ? undefined : locks?.map((lock) => pathOf(lock)).join(', '),
};

function compareState(pair: Pair, before: ProcessSnapshot, after: ProcessSnapshot): void {
	const properties = new Map(Object.entries(state));
	for (const name of Object.keys(before.limits ?? {})) {
		properties.set(`limits/${name}`, ({limits}) => limits?.[name]?.join(' / '));
	}
	for (const [property, textOf] of properties) {
		if (property === 'locks' && locksWereSetAgain(pair, before, after)) {
			const texts = [textOf(before), textOf(after)] as const;
			note(pair, `processes/${before.pid}/locks`, texts, 'expected', 'locks-set-again', {});
			continue;
		}
		const read = (snapshot: Snapshot) => {
			const process = processIn(snapshot, before.pid);
			return process && textOf(process);
		};
		noteOwnChange(pair, `processes/${before.pid}/${property}`, [textOf(before), textOf(after)], read, {
			reason: 'process-changed',
			params: {property},
		});
	}
}

/** Those that the restored process lacks are CRIU's loss; it has them again when it runs. */
function locksWereSetAgain({ranOn, final}: Pair, before: ProcessSnapshot, after: ProcessSnapshot): boolean {
	const missing = (before.locks ?? []).filter((lock) => !after.locks?.includes(lock));
	const later = processIn(final, before.pid)?.locks;
	return !ranOn && missing.length > 0 && missing.every((lock) => later?.includes(lock));
}

/** Only images tell these, so nothing may differ. */
function compareMemoryDigests(pair: Pair, before: ProcessSnapshot, after: ProcessSnapshot): void {
	if (before.memoryDigests === undefined || after.memoryDigests === undefined) return;
	for (const address of new Set([
		...Object.keys(before.memoryDigests),
		...Object.keys(after.memoryDigests),
	])) {
		const values = [before.memoryDigests[address], after.memoryDigests[address]] as const;
		if (values[0] === values[1]) continue;
		note(pair, `processes/${before.pid}/memory/${address}`, values, 'broken', 'process-changed', {
			property: 'memory',
		});
	}
}

/** Values are often secrets, so a difference tells only how long they are. */
function compareEnvironment(pair: Pair, before: ProcessSnapshot, after: ProcessSnapshot): void {
	if (before.environment === undefined || after.environment === undefined) return;
	const variables = ({environment = []}: ProcessSnapshot) =>
		new Map(environment.map((entry) => [entry.split('=', 1)[0] ?? '', entry]));
	const [was, is] = [variables(before), variables(after)];
	const shown = (entry: string | undefined, name: string) =>
		entry === undefined ? null : `${entry.length - name.length - 1} characters`;
	for (const name of new Set([...was.keys(), ...is.keys()])) {
		noteOwnChange(
			pair,
			`processes/${before.pid}/environment/${name}`,
			[was.get(name) ?? '', is.get(name) ?? ''],
			(snapshot) => {
				const process = processIn(snapshot, before.pid);
				return process?.environment && (variables(process).get(name) ?? '');
			},
			{reason: 'process-changed', params: {property: name}},
			[shown(was.get(name), name), shown(is.get(name), name)],
		);
	}
}

/** The tree's root gets a new parent (criu is gone, init or a subreaper takes it); an image calls it 0. */
function compareParent(pair: Pair, path: string, before: ProcessSnapshot, after: ProcessSnapshot): void {
	if (before.ppid === after.ppid || before.ppid === 0 || after.ppid === 0) {
		return;
	}
	const values = [before.ppid, after.ppid] as const;
	const inTree = processIn(pair.before, before.ppid) !== undefined;
	// Until it runs, criu itself is the parent.
	if (!inTree && pair.after.moment === 'pre-resume') {
		return;
	}
	// A child whose parent ended is given to init; that is only right when the parent is gone.
	if (!inTree || (pair.ranOn && processIn(pair.after, before.ppid) === undefined)) {
		note(pair, `${path}/ppid`, values, 'expected', 'reparented', {ppid: after.ppid});
	} else {
		note(pair, `${path}/ppid`, values, 'broken', 'process-changed', {property: 'ppid'});
	}
}

function compareProperty(
	pair: Pair,
	path: string,
	property: 'exe' | 'cwd' | 'cmdline' | 'comm',
	before: ProcessSnapshot,
	after: ProcessSnapshot,
): void {
	// Images do not hold all of them; empty means "not told".
	const text = (process: ProcessSnapshot | undefined) => {
		const value = process?.[property] ?? '';
		return (typeof value === 'string' ? pathOf(value) : value.join('\0')) || undefined;
	};
	const [was, is] = [text(before), text(after)];
	const values = [before[property], after[property]] as const;
	const otherwise = {reason: 'process-changed', params: {property}} as const;
	// Programs rename themselves and change directory; only another executable is another program.
	if (property !== 'exe') {
		const read = (snapshot: Snapshot) => text(processIn(snapshot, before.pid));
		noteOwnChange(pair, `${path}/${property}`, [was, is], read, otherwise, values);
	} else if (was !== undefined && is !== undefined && was !== is) {
		note(pair, `${path}/${property}`, values, 'broken', otherwise.reason, otherwise.params);
	}
}

/** What a thaw into a pid namespace of its own makes new. */
const nestKinds = new Set(['pid', 'pid_for_children', 'mnt']);

function compareNamespaces(pair: Pair, path: string, before: ProcessSnapshot, after: ProcessSnapshot): void {
	for (const [kind, was] of Object.entries(before.namespaces ?? {})) {
		const is = after.namespaces?.[kind];
		if (is === undefined || is === was || isOwnNamespaceOfBoth(pair, kind, was, is)) {
			continue;
		}
		// criu restores into a new time namespace, so that the process's clocks go on where they stopped.
		if (kind.startsWith('time') && !isFrozen(pair.before.moment)) {
			note(pair, `${path}/namespaces/${kind}`, [was, is], 'expected', 'time-namespace', {});
		} else if (before.newNamespaces?.includes(kind) && pair.after.machine?.namespaces[kind] !== is) {
			note(pair, `${path}/namespaces/${kind}`, [was, is], 'expected', 'namespace-anew', {kind});
		} else if (after.pidHere !== undefined && nestKinds.has(kind)) {
			note(pair, `${path}/namespaces/${kind}`, [was, is], 'expected', 'own-pid-namespace', {});
		} else if (kind === 'user' && before.leavesUserNamespace) {
			note(pair, `${path}/namespaces/${kind}`, [was, is], 'changed', 'left-user-namespace', {});
		} else {
			note(pair, `${path}/namespaces/${kind}`, [was, is], 'changed', 'namespace-changed', {kind});
		}
	}
}

/** Rights are never the program's own business alone: any change of them is shown as broken. */
function compareCredentials(
	pair: Pair,
	path: string,
	{credentials: before, leavesUserNamespace = false}: ProcessSnapshot,
	{credentials: after}: ProcessSnapshot,
): void {
	if (before === undefined || after === undefined) return;
	const [was, is] = [before, after].map(credentialsText);
	if (was === is) {
		for (const set of capabilitySets)
			compareSet(pair, `${path}/credentials/${set}`, set, [before[set], after[set]], leavesUserNamespace);
		for (const id of furtherIds) {
			const values = [before[id], after[id]] as const;
			if (values[0] !== undefined && values[1] !== undefined && values[0] !== values[1]) {
				note(pair, `${path}/credentials/${id}`, values, 'broken', 'process-changed', {property: id});
			}
		}
		if ((before.noNewPrivs ?? after.noNewPrivs) !== (after.noNewPrivs ?? before.noNewPrivs)) {
			note(
				pair,
				`${path}/credentials/noNewPrivs`,
				[before.noNewPrivs, after.noNewPrivs],
				'broken',
				'process-changed',
				{
					property: 'noNewPrivs',
				},
			);
		}
		return;
	}
	note(pair, `${path}/credentials`, [was, is], 'broken', 'process-changed', {property: 'credentials'});
}

const capabilitySets = ['capEff', 'capPrm', 'capInh', 'capBnd', 'capAmb'] as const;
const furtherIds = ['suid', 'sgid', 'fsuid', 'fsgid'] as const;

function compareSet(
	pair: Pair,
	path: string,
	property: string,
	[was, is]: readonly [was: string | undefined, is: string | undefined],
	leavesUserNamespace: boolean,
): void {
	if (was === undefined || is === undefined || maskOf(was) === maskOf(is)) return;
	if (leavesUserNamespace) note(pair, path, [was, is], 'changed', 'left-user-namespace', {});
	else note(pair, path, [was, is], 'broken', 'process-changed', {property});
}

/** Capability sets have no fixed width, and were once written without the prefix. */
const maskOf = (mask: string): bigint => BigInt(`0x${mask.replace(/^0x/, '')}`);

/** One comparable text; groups have no order. Saved and file-system ids only where both sides tell them. */
function credentialsText({uid, euid, gid, egid, groups}: Credentials): string {
	const sorted = [...groups].sort((one, other) => one - other).join(',');
	return `uid ${uid}/${euid} gid ${gid}/${egid} groups ${sorted}`;
}
