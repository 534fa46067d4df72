import test from 'ava';
import type {ProcessSnapshot, Snapshot} from '../../src/context/model.js';
import {inOwnNumbers} from '../../src/context/own-numbers.js';
import {judge} from '../../src/context/verdict.js';

function processOf(pid: number, ppid: number, children: number[]): ProcessSnapshot {
	const place = {sp: '0x10', pc: '0x20', syscall: {nr: 0, name: 'read', args: []}};
	const threads = [pid, pid + 5].map((tid) => ({tid, comm: 'service', state: 'S', ...place}));
	const namespaces = {pid: 'pid:[1]', mnt: 'mnt:[1]', net: 'net:[1]'};
	return {
		...{pid, ppid, comm: 'service', exe: '/s', cmdline: ['/s'], cwd: '/', pgid: 100, sid: 100},
		...{startTime: String(pid), namespaces, children, threads},
		fds: [{fd: 3, kind: 'pidfd', target: 'anon_inode:[pidfd]', flags: '02', ofPid: 101}],
	};
}

const before: Snapshot = {
	...{version: 1, moment: 'before', takenAt: '2026-01-01T00:00:00Z', pid: 100},
	processes: [processOf(100, 1, [101]), processOf(101, 100, [])],
	connections: [
		{
			...{pid: 101, fd: 4, inode: 9, busAddress: 'unix:path=/bus', uniqueName: ':1.1', names: []},
			...{matchRules: [], credentials: {pid: 101, uid: 0}, matchedBy: 'only'},
		},
	],
};

/** The same tree, restored in a pid namespace, as it is seen from outside. */
function restored(change: (process: ProcessSnapshot) => ProcessSnapshot = (one) => one): Snapshot {
	const here = (pid: number) => pid + 7000;
	return {
		...before,
		moment: 'after',
		pid: here(100),
		processes: before.processes.map((one) =>
			change({
				...one,
				pid: here(one.pid),
				ppid: here(one.ppid),
				startTime: `${one.startTime}9`,
				pgid: here(100),
				sid: here(100),
				own: {pid: one.pid, ppid: one.ppid, pgid: 100, sid: 100},
				namespaces: {pid: 'pid:[2]', mnt: 'mnt:[2]', net: 'net:[1]'},
				children: one.children?.map(here) ?? [],
				threads: one.threads.map((thread) => ({...thread, tid: here(thread.tid), ownTid: thread.tid})),
				fds: one.fds.map((fd) => ({...fd, ofPid: here(fd.ofPid ?? 0)})),
			}),
		),
		connections: before.connections.map((one) => ({
			...one,
			pid: here(one.pid),
			credentials: {pid: here(one.pid), uid: 0},
		})),
	};
}

test('a snapshot in its own numbers is that of before, but for what it is called here', (t) => {
	const after = inOwnNumbers(restored());
	t.is(after.pid, 100);
	t.deepEqual(
		after.processes.map(({pidHere}) => pidHere),
		[7100, 7101],
	);
	t.deepEqual(
		after.connections.map(({pid, credentials}) => [pid, credentials?.pid]),
		[[101, 7101]],
		'a daemon names it as it is called here',
	);
	for (const [index, {pidHere: _h, startTime: _s, namespaces: _n, ...rest}] of after.processes.entries())
		t.like(before.processes[index], rest);
	t.is(inOwnNumbers(after), after, 'once is enough');
	t.is(inOwnNumbers(before), before, 'who is called the same everywhere');
});

test('the verdict: a new pid namespace is expected, with its mounts and numbers, and nothing else is', (t) => {
	const reasons = (after: Snapshot) =>
		judge({before, after: inOwnNumbers(after)})
			.differences.filter(({reason}) => reason !== 'start-time')
			.map(({path, reason, class: kind}) => `${path} ${reason} ${kind}`);
	const expected = [100, 101].flatMap((pid) => [
		`processes/${pid}/pidHere called-otherwise expected`,
		`processes/${pid}/namespaces/pid own-pid-namespace expected`,
		`processes/${pid}/namespaces/mnt own-pid-namespace expected`,
	]);
	t.deepEqual(reasons(restored()), expected);
	const held = restored();
	for (const connection of held.connections) connection.credentials = {pid: 101, uid: 0};
	t.deepEqual(reasons(held), expected, 'the daemon still knows the number that it had');
	for (const connection of held.connections) connection.credentials = {pid: 55, uid: 0};
	t.deepEqual(reasons(held), [
		...expected,
		'connections/101:4/credentials/pid bus-credentials-changed changed',
	]);
	const elsewhere = restored((one) => ({...one, namespaces: {...one.namespaces, net: 'net:[3]'}}));
	t.true(reasons(elsewhere).includes('processes/100/namespaces/net namespace-changed changed'));
});
