import {compareFds} from './fds.js';
import type {Credentials, ProcessSnapshot} from './model.js';
import {isFrozen, pathOf, wasStopped} from './normalise.js';
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
	for (const property of ['exe', 'cwd', 'cmdline', 'comm'] as const) {
		compareProperty(pair, path, property, before, after);
	}
	compareNamespaces(pair, path, before, after);
	const [was, is] = [before.credentials, after.credentials].map(credentialsText);
	if (was !== undefined && is !== undefined && was !== is) {
		note(pair, `${path}/credentials`, [was, is], 'broken', 'process-changed', {property: 'credentials'});
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
	const text = (process: ProcessSnapshot | undefined) => {
		const value = process?.[property] ?? '';
		return typeof value === 'string' ? pathOf(value) : value.join('\0');
	};
	const [was, is] = [text(before), text(after)];
	// Images do not hold all of them; empty means "not told".
	if (was === is || was === '' || is === '') {
		return;
	}
	const values = [before[property], after[property]] as const;
	// Programs rename themselves and change directory; only another executable is another program.
	if (property !== 'exe' && pair.ranOn && text(processIn(pair.witness, before.pid)) === was) {
		note(pair, `${path}/${property}`, values, 'expected', 'runs-on', {});
	} else if (
		property !== 'exe' &&
		!pair.ranOn &&
		agreedWhenFrozen(pair, (s) => text(processIn(s, before.pid)))
	) {
		note(pair, `${path}/${property}`, values, 'expected', 'ran-before-freeze', {});
	} else {
		note(pair, `${path}/${property}`, values, 'broken', 'process-changed', {property});
	}
}

function compareNamespaces(pair: Pair, path: string, before: ProcessSnapshot, after: ProcessSnapshot): void {
	for (const [kind, was] of Object.entries(before.namespaces ?? {})) {
		const is = after.namespaces?.[kind];
		if (is === undefined || is === was) {
			continue;
		}
		// criu restores into a new time namespace, so that the process's clocks go on where they stopped.
		if (kind.startsWith('time') && !isFrozen(pair.before.moment)) {
			note(pair, `${path}/namespaces/${kind}`, [was, is], 'expected', 'time-namespace', {});
		} else {
			note(pair, `${path}/namespaces/${kind}`, [was, is], 'changed', 'namespace-changed', {kind});
		}
	}
}

/** One comparable text: groups have no order, capability sets no fixed width. */
function credentialsText(credentials: Credentials | undefined): string | undefined {
	if (credentials === undefined) {
		return undefined;
	}
	const {uid, euid, gid, egid, groups, capEff} = credentials;
	const sorted = [...groups].sort((one, other) => one - other).join(',');
	const capabilities = capEff === undefined ? '' : BigInt(`0x${capEff.replace(/^0x/, '')}`).toString(16);
	return `uid ${uid}/${euid} gid ${gid}/${egid} groups ${sorted} caps ${capabilities}`;
}
