import test from 'ava';
import type {FdSnapshot, ProcessSnapshot, Snapshot, SocketSnapshot} from '../../../src/context/model.js';
import {type HoldWhat, preflight} from '../../../src/session/preflight/preflight.js';
import type {Capabilities} from '../../../src/session/preflight/processes.js';

const we: Capabilities = {
	uid: 0,
	gid: 0,
	sysResource: false,
	namespaces: {mnt: 'mnt:[1]', net: 'net:[2]', time: 'time:[3]', user: 'user:[4]', pid: 'pid:[5]'},
	limits: {'open files': ['1024', '4096']},
};
const atHome = {...we.namespaces, pid_for_children: 'pid:[5]'};

function tree(fds: FdSnapshot[], more: Partial<ProcessSnapshot> = {}): Snapshot {
	const process = {
		pid: 10,
		ppid: 1,
		comm: 'svc',
		exe: '/svc',
		cmdline: ['/svc'],
		cwd: '/',
		root: '/',
		namespaces: atHome,
		threads: [],
		fds,
		...more,
	};
	return {version: 1, moment: 'before', takenAt: '', pid: 10, processes: [process], connections: []};
}

const fd = (kind: FdSnapshot['kind'], target: string, more: Partial<FdSnapshot> = {}): FdSnapshot => ({
	fd: 5,
	kind,
	target,
	flags: '02',
	...more,
});

const socket = (number: number, inode: number, more: Partial<SocketSnapshot>): FdSnapshot =>
	fd('socket', `socket:[${inode}]`, {
		fd: number,
		inode,
		socket: {family: 'unix', type: 'stream', state: 'established', ...more},
	});

const outside = (inode: number) => ({peer: {inode, pid: 99, comm: 'daemon'}});

/** `class finding` of everything that is to be told, `held kind` of what is held, with `!` where CRIU is shown another. */
function told(snapshot: Snapshot, what: HoldWhat = 'needed'): string[] {
	const {blockers, warnings, held, heldElse} = preflight(snapshot, we, what);
	return [
		...held.map(({kind, isExternal}) => `held ${kind}${isExternal ? '!' : ''}`),
		...[...heldElse, ...warnings, ...blockers]
			.filter(({finding}) => finding !== 'no-connection')
			.map((one) => `${one.class} ${one.finding}`),
	];
}

test('sockets to the outside are held, both ends inside are not, each inode once', (t) => {
	const {held} = preflight(
		tree([
			socket(3, 100, outside(500)),
			socket(4, 100, outside(500)),
			socket(5, 101, outside(102)),
			socket(6, 102, outside(101)),
		]),
		we,
	);
	t.deepEqual(
		held.map(({inode, peerPid}) => [inode, peerPid]),
		[[100, 99]],
	);
});

test('a pipe with one end inside is held, one with both ends is not', (t) => {
	const pipe = (number: number, inode: number, flags: string) => fd('pipe', '', {fd: number, inode, flags});
	const {held} = preflight(tree([pipe(1, 7, '01'), pipe(3, 8, '00'), pipe(4, 8, '01')]), we);
	t.deepEqual(
		held.map(({kind, inode}) => [kind, inode]),
		[['pipe', 7]],
	);
});

const internet = (more: Partial<SocketSnapshot>) => socket(5, 100, {family: 'inet', ...more});
const timer = {clock: 1, ticks: 0, flags: 1, value: 5, interval: 0};
const lock = (kind: string) => ({locks: [kind], inode: 9});

/** Descriptors, what is told of them, and what it is about. */
const descriptors: ReadonlyArray<readonly [why: string, fds: FdSnapshot[], told: string[]]> = [
	['unix listener: clients wait', [socket(5, 1, {state: 'listening'})], ['held listener']],
	['datagrams to a path', [socket(5, 1, {type: 'dgram', peer: {inode: 7, name: '/dev/log'}})], []],
	['datagrams to nowhere', [socket(5, 1, {type: 'dgram', ...outside(7)})], ['held socket!']],
	['of another network', [socket(5, 1, {...outside(7), foreign: true})], ['held socket!']],
	['listener of another network', [socket(5, 1, {state: 'listening', foreign: true})], ['held listener!']],
	['TCP to the outside', [internet({name: '1.2.3.4:5', peer: {name: '1.2.3.5:6'}})], ['held tcp!']],
	[
		'TCP inside',
		[
			internet({name: '127.0.0.1:5', peer: {name: '127.0.0.1:6'}}),
			internet({name: '127.0.0.1:6', peer: {name: '127.0.0.1:5'}}),
		],
		[],
	],
	[
		'TCP inside, about to end',
		[
			internet({name: '127.0.0.1:5', peer: {name: '127.0.0.1:6'}, state: 'close-wait'}),
			internet({name: '127.0.0.1:6', peer: {name: '127.0.0.1:5'}, state: 'fin-wait-2'}),
		],
		['held tcp!'],
	],
	['watches', [fd('inotify', 'anon_inode:inotify')], ['changes hears-nothing']],
	['watches without a handle', [fd('inotify', 'anon_inode:inotify', {hidden: true})], ['held inotify!']],
	['TCP listener', [internet({state: 'listening', name: '0.0.0.0:80'})], ['changes tcp-listener']],
	['with clients', [internet({state: 'listening', unread: 1})], ['held tcp!']],
	['UDP, one address', [internet({type: 'dgram', name: '127.0.0.1:53'})], []],
	['UDP, all addresses', [internet({type: 'dgram', name: '0.0.0.0:5353'})], ['held udp!']],
	['UDP, a group', [internet({type: 'dgram', name: '[ff02::fb]:5353', family: 'inet6'})], ['held udp!']],
	['UDP, unread', [internet({type: 'dgram', name: '127.0.0.1:53', unread: 9})], ['held udp!']],
	['UDP, not bound', [internet({type: 'dgram', name: '0.0.0.0:0'})], []],
	['netlink, asks only', [socket(5, 1, {family: 'netlink'})], []],
	['netlink, listens', [socket(5, 1, {family: 'netlink', groups: '00000001'})], ['held netlink!']],
	['a family that CRIU does not know', [socket(5, 1, {family: 'vsock'})], ['held socket!']],
	['rings', [fd('io_uring', 'a'), fd('io_uring', 'a', {fd: 6})], ['blocks io-uring']],
	['device', [fd('device', '/dev/fuse')], ['held device!']],
	['device without state', [fd('device', '/dev/null')], []],
	['its terminal', [fd('tty', '/dev/pts/3')], ['held tty!']],
	['a terminal with both ends', [fd('tty', '/dev/pts/3'), fd('tty', '/dev/ptmx')], []],
	['pidfd of another', [fd('pidfd', 'anon_inode:[pidfd]', {ofPid: 999})], ['held pidfd!']],
	['pidfd of its own', [fd('pidfd', 'anon_inode:[pidfd]', {ofPid: 10})], []],
	['pidfd of one that is no more', [fd('pidfd', 'anon_inode:[pidfd]', {ofPid: -1})], []],
	['userfaultfd', [fd('other', 'anon_inode:[userfaultfd]')], ['blocks bound-to-memory']],
	['perf event', [fd('other', 'anon_inode:[perf_event]')], ['held other!']],
	['fanotify', [fd('other', 'anon_inode:[fanotify]')], []],
	['timer', [fd('timerfd', '', {timer})], []],
	['timer of the wall clock', [fd('timerfd', '', {timer: {...timer, clock: 0}})], ['held timerfd!']],
	['relative, wall clock', [fd('timerfd', '', {timer: {...timer, clock: 0, flags: 0}})], []],
	['an alarm', [fd('timerfd', '', {timer: {...timer, clock: 9}})], ['held timerfd!']],
	['file', [fd('file', '/var/log/x')], []],
	['flock', [fd('file', '/x', lock('FLOCK'))], ['held file']],
	['flock, opened twice', [fd('file', '/x', lock('FLOCK')), fd('file', '/x', {fd: 6})], ['held file!']],
	['POSIX lock', [fd('file', '/x', lock('POSIX'))], ['changes lock-let-go']],
	['file out of sight', [fd('file', '/x', {hidden: true})], ['held file!']],
	['huge deleted file', [fd('file', '/x (deleted)', {unlinkedBytes: 3e8})], ['held file!']],
	['deleted file', [fd('file', '/x (deleted)', {unlinkedBytes: 3e6})], []],
	["others' /proc", [fd('file', '/proc/1/stat')], ['held file!']],
	['its own /proc', [fd('file', '/proc/10/stat')], []],
	['its namespace', [fd('file', 'mnt:[1]')], []],
	["another's namespace", [fd('file', 'mnt:[77]')], ['held namespace!']],
	['fifo, one end', [fd('fifo', '/f', {flags: '01'})], ['held fifo!']],
	['fifo, both ends', [fd('fifo', '/f', {flags: '01'}), fd('fifo', '/f', {flags: '00', fd: 6})], []],
];

for (const [why, fds, expected] of descriptors)
	test(`descriptor: ${why}`, (t) => t.deepEqual(told(tree(fds)), expected));

const map = (path: string, bytes = 1) => ({
	maps: [{start: '0x0', end: `0x${bytes.toString(16)}`, permissions: 'rw-s', path}],
});
const elsewhere = (kinds: Record<string, string>) => ({namespaces: {...atHome, ...kinds}});

/** Of processes. */
function waiting(name: string, ...args: string[]): Partial<ProcessSnapshot> {
	return {threads: [{tid: 10, comm: '', state: 'S', syscall: {nr: 0, name, args}}]};
}

const processes: ReadonlyArray<readonly [why: string, more: Partial<ProcessSnapshot>, told: string[]]> = [
	['time namespace, which CRIU gives', elsewhere({time: 'time:[9]'}), []],
	['its own mounts', elsewhere({mnt: 'mnt:[9]'}), ['held held-namespaces']],
	[
		'a bare root',
		{...elsewhere({mnt: 'mnt:[9]'}), lacking: ['/bin/sh']},
		['held held-namespaces', 'blocks bare-root'],
	],
	['user namespace', elsewhere({user: 'user:[9]'}), ['changes leaves-user-namespace']],
	['its own pids', elsewhere({pid: 'pid:[9]', pid_for_children: 'pid:[9]'}), ['blocks pid-namespace']],
	["its children's pids", elsewhere({pid_for_children: 'pid:[9]'}), ['blocks pid-namespace']],
	['limits like ours', {limits: {'open files': ['10', '4096']}}, []],
	['limits above ours', {limits: {'open files': ['10', 'unlimited']}}, ['changes limits-above-ours']],
	['System V memory', map('/SYSV00000000 (deleted)'), ['blocks sysv-memory']],
	['a huge deleted file', map('/x (deleted)', 3e8), ['blocks unlinked-too-large']],
	['a deleted file', map('/x (deleted)', 3e6), []],
	['huge shared memory', map('/dev/zero (deleted)', 3e8), []],
	['shared memory', map('/dev/zero (deleted)'), []],
	['shared memory of POSIX', map('/dev/shm/x'), []],
	['graphics card', map('/dev/dri/card0'), ['blocks mapped-device']],
	['bpf map', map('anon_inode:bpf-map'), ['blocks mapped-device']],
	['traced', {tracer: 7}, ['blocks traced']],
	[
		'its first thread has ended',
		{
			threads: [
				{tid: 10, comm: '', state: 'Z'},
				{tid: 11, comm: '', state: 'S'},
			],
		},
		['blocks leader-gone'],
	],
	['a wait with a limit', waiting('poll', '0x7ffc', '0x1', '0xea60'), ['changes waits-cut-short']],
	['a wait without', waiting('poll', '0x7ffc', '0x1', '0xffffffff'), []],
	['a sleep', waiting('clock_nanosleep', '0x0', '0x0'), ['changes waits-cut-short']],
	['a sleep until', waiting('clock_nanosleep', '0x0', '0x1'), []],
	['neighbours', {neighbours: [8, 9]}, ['note neighbours']],
];

for (const [why, more, expected] of processes)
	test(`process: ${why}`, (t) => t.deepEqual(told(tree([], more)), expected));

test('a child in another place than its parent blocks', (t) => {
	const {
		processes: [parent],
		...rest
	} = tree([]);
	if (!parent) return t.fail();
	const child = {...parent, pid: 11, ppid: 10, ...elsewhere({net: 'net:[9]'})};
	t.deepEqual(told({...rest, processes: [parent, child]}), ['blocks namespaces-apart']);
});

test('everything is held when asked for, but what belongs to its process', (t) => {
	const fds = [
		fd('file', '/x'),
		fd('eventfd', '', {fd: 6}),
		fd('epoll', '', {fd: 7}),
		fd('file', '/m', {fd: 8}),
	];
	t.deepEqual(told(tree(fds, map('/m')), 'all'), ['held file!', 'held eventfd!']);
});

test('what criu needs: nothing for most, and no more than needed for the rest', (t) => {
	const none = {namespaces: [], preload: false, outOfUserNamespace: [], sameClocks: false, logByPipe: false};
	const needs = (snapshot: Snapshot, sysResource = false) => preflight(snapshot, {...we, sysResource}).needs;
	t.deepEqual(needs(tree([socket(3, 100, outside(500)), fd('timerfd', '', {timer})])), none);
	t.deepEqual(needs(tree([fd('device', '/dev/fuse')])), {...none, preload: true});
	const nobody = tree([], {credentials: {uid: 33, euid: 33, gid: 33, egid: 33, groups: []}});
	t.deepEqual(needs(nobody), {...none, preload: true}, 'who may not ask for its limits');
	const inGroup = tree([], {credentials: {uid: 0, euid: 0, gid: 0, egid: 107, groups: []}});
	t.deepEqual(needs(inGroup), {...none, preload: true}, 'root, but not in every sense');
	t.deepEqual(needs(tree([], {credentials: {uid: 0, euid: 0, gid: 0, egid: 0, groups: [4]}})), none);
	t.deepEqual(needs(nobody, true), none);
	const away = elsewhere({mnt: 'mnt:[9]', net: 'net:[9]', time: 'time:[9]'});
	t.deepEqual(needs(tree([], away)), {...none, namespaces: ['mnt', 'net']});
	t.true(needs(tree([], {...away, root: '/chroot'})).preload, 'who may have no /proc');
	t.deepEqual(needs(tree([fd('timerfd', '', {timer: {...timer, clock: 9}})], away)).namespaces, [
		'mnt',
		'net',
		'time',
	]);
	t.deepEqual(needs(tree([], elsewhere({user: 'user:[9]'}))), {
		...none,
		preload: true,
		outOfUserNamespace: [10],
	});
	t.true(needs(tree([], {limits: {'file size': ['0', 'unlimited']}})).logByPipe);
});

test('a daemon that a datagram socket leads to is not seen from another network', (t) => {
	const fds = [socket(5, 1, {type: 'dgram', peer: {inode: 7, name: '/dev/log'}})];
	t.true(told(tree(fds, elsewhere({net: 'net:[9]'}))).includes('held socket!'));
});
