import test from 'ava';
import {compareSnapshots} from '../../src/context/diff.js';
import type {Moment} from '../../src/context/model.js';
import {judge} from '../../src/context/verdict.js';
import {en} from '../../src/i18n/en/index.js';
import {zhCN} from '../../src/i18n/zh-CN/index.js';
import {busOf, type Cycle, cycle, fdOf, root, snapshotOf, threadOf, without} from './snapshots.js';

const moments: Moment[] = ['before', 'image', 'pre-resume', 'after'];
const serious = (moments: Cycle) =>
	judge(moments)
		.differences.filter((difference) => difference.class !== 'expected')
		.map(({path, reason}) => `${path} ${reason}`);
const reasonsOf = (moments: Cycle) => judge(moments).differences.map(({path, reason}) => `${path} ${reason}`);

test('a snapshot does not differ from itself', (t) => {
	for (const moment of moments) t.deepEqual(compareSnapshots(snapshotOf(moment), snapshotOf(moment)), []);
});

test('a healthy cycle is preserved, each difference once and with its reason', (t) => {
	const {preserved, differences} = judge(cycle());
	t.true(preserved);
	const seen = differences.map(({path, reason}) => `${path.replace('processes/1203/', '')} ${reason}`);
	t.deepEqual(
		seen.filter((line) => !line.startsWith('processes/1210')).sort(),
		[
			'fds/4/inode new-inode',
			'fds/5/inode new-inode',
			'namespaces/time time-namespace',
			'ppid reparented',
			'startTime start-time',
			'threads/1203/result one-eintr',
			'threads/1204/pc syscall-restarts',
			'threads/1205/result one-eintr',
		].sort(),
	);
});

test('every reason of a difference has a sentence in each language', (t) => {
	const {differences} = judge(
		cycle(({after}) => {
			busOf(after).matchRules = [];
			fdOf(after, 3).flags = '02000002';
		}),
	);
	for (const catalogue of [en, zhCN]) {
		const texts = catalogue.evidence.reasons as unknown as Record<string, (params: unknown) => string>;
		for (const {reason, params} of differences) {
			const sentence = texts[reason]?.(params) ?? '';
			t.true(sentence.length > 3 && !sentence.includes('undefined'), `${reason}: ${sentence}`);
		}
	}
});

/** One spoilt thing each: where it is, and what must be said. */
const broken: Array<[string, (cycle: Cycle) => void, string]> = [
	[
		'a limit of the restored process',
		({before, image, preResume}) => {
			for (const snapshot of [before, image]) root(snapshot).limits = {'open files': ['1024', '4096']};
			root(preResume).limits = {'open files': ['1024', '1024']};
		},
		'processes/1203/limits/open files process-changed',
	],
	[
		'a mapping lost',
		({before, image, preResume}) => {
			const map = {start: '0x1000', end: '0x2000', permissions: 'rw-p', path: ''};
			for (const snapshot of [before, image]) root(snapshot).maps = [map];
			root(preResume).maps = [];
		},
		'processes/1203/maps/0x1000 map-changed',
	],
	[
		'the cgroup, of which neither the images nor a quick look tell',
		({before, after}) => {
			root(before).cgroup = ['0::/system.slice/demo.service'];
			root(after).cgroup = ['0::/'];
		},
		'processes/1203/cgroup process-changed',
	],
	[
		'a lock that is not set again',
		({before, image, preResume, after}) => {
			for (const snapshot of [before, image]) root(snapshot).locks = ['POSIX READ 128-128 /a-shm'];
			for (const snapshot of [preResume, after]) root(snapshot).locks = [];
		},
		'processes/1203/locks process-changed',
	],
	[
		'a signal that was ignored and is not',
		({before, image, preResume}) => {
			for (const snapshot of [before, image])
				root(snapshot).signals = {ignored: '0x1000', caught: '0x0', pending: '0x0'};
			root(preResume).signals = {ignored: '0x0', caught: '0x0', pending: '0x0'};
		},
		'processes/1203/signals/ignored process-changed',
	],
	[
		'a file lock lost',
		({before, image, preResume}) => {
			for (const snapshot of [before, image]) root(snapshot).locks = ['FLOCK WRITE 0-EOF /run/pid'];
			root(preResume).locks = [];
		},
		'processes/1203/locks process-changed',
	],
	[
		'a POSIX timer lost',
		({before, image, preResume}) => {
			for (const snapshot of [before, image])
				root(snapshot).timers = {posix: [{id: 0, clock: 1, signal: 10, notify: 0}]};
			root(preResume).timers = {posix: []};
		},
		'processes/1203/timers process-changed',
	],
	[
		'the umask',
		({before, image, preResume}) => {
			for (const snapshot of [before, image]) root(snapshot).umask = '0027';
			root(preResume).umask = '0022';
		},
		'processes/1203/umask process-changed',
	],
	[
		'a capability lost',
		({before, after}) => {
			for (const snapshot of [before, after])
				Object.assign(root(snapshot).credentials ?? {}, {capBnd: '0x3'});
			Object.assign(root(after).credentials ?? {}, {capBnd: '0x1'});
		},
		'processes/1203/credentials/capBnd process-changed',
	],
	[
		'the signal mask of a thread',
		({before, image, preResume}) => {
			for (const snapshot of [before, image]) threadOf(snapshot, 1204).blocked = '0x1';
			threadOf(preResume, 1204).blocked = '0x0';
		},
		'processes/1203/threads/1204/blocked process-changed',
	],
	[
		'the scheduling of a thread',
		({before, image, preResume}) => {
			for (const snapshot of [before, image])
				threadOf(snapshot, 1204).scheduling = {policy: 'fifo', priority: 5, nice: 0};
			threadOf(preResume, 1204).scheduling = {policy: 'other', priority: 0, nice: 0};
		},
		'processes/1203/threads/1204/scheduling process-changed',
	],
	[
		'the vector registers of a thread that has not moved',
		({before, image}) => {
			for (const snapshot of [before, image]) threadOf(snapshot, 1204).stackDigest = 'the same';
			threadOf(before, 1204).vectors = {sse: 'aa'};
			threadOf(image, 1204).vectors = {sse: 'bb'};
		},
		'processes/1203/threads/1204/vectors/sse vectors-changed',
	],
	[
		'a kept register of a thread that has not moved',
		({before, image}) => {
			for (const snapshot of [before, image]) threadOf(snapshot, 1205).stackDigest = 'the same';
			threadOf(before, 1205).registers = {bx: '0x7'};
		},
		'processes/1203/threads/1205/registers/bx register-changed',
	],
	[
		'an eventfd that lost its count',
		({before, image, preResume, after}) => {
			for (const snapshot of [before, image]) Object.assign(fdOf(snapshot, 7), {kind: 'eventfd', count: '3'});
			Object.assign(fdOf(preResume, 7), {kind: 'eventfd', count: '0'});
			Object.assign(fdOf(after, 7), {kind: 'eventfd'});
		},
		'processes/1203/fds/7/count fd-content-changed',
	],
	[
		'an epoll set that lost a descriptor',
		({before, image, preResume}) => {
			const watches = [{fd: 3, events: '0x1', data: '0x0'}];
			for (const snapshot of [before, image]) fdOf(snapshot, 7).watches = watches;
			fdOf(preResume, 7).watches = [];
		},
		'processes/1203/fds/7/watches fd-content-changed',
	],
	[
		'a socket option',
		({before, after}) => {
			for (const [snapshot, value] of [
				[before, 1],
				[after, 0],
			] as const) {
				const {socket} = fdOf(snapshot, 3);
				if (socket) socket.options = {SO_PASSCRED: value};
			}
		},
		'processes/1203/fds/3/socket/options/SO_PASSCRED socket-option-changed',
	],
	[
		'a periodic timer with an expiration that nobody read',
		({image}) => {
			const timer = {clock: 1, ticks: 2, flags: 0, value: 0, interval: 60};
			fdOf(image, 7).timer = timer;
		},
		'processes/1203/fds/7/timer/stops timer-stops',
	],
	[
		'pc in the image',
		({image}) => {
			threadOf(image, 1203).pc = '0x7f357bc6a270';
		},
		'processes/1203/threads/1203/pc place-changed',
	],
	[
		'pc one instruction back without the call number in ax',
		({image}) => {
			const thread = threadOf(image, 1204);
			thread.registers = {...thread.registers, ax: '0x5'};
		},
		'processes/1203/threads/1204/registers/ax register-changed',
	],
	[
		'sp of the restored thread',
		({preResume}) => {
			threadOf(preResume, 1205).sp = '0x7f357b368e88';
		},
		'processes/1203/threads/1205/sp place-changed',
	],
	[
		'restored at the call instead of behind it',
		({preResume}) => {
			threadOf(preResume, 1203).pc = '0x7f357bc6a26d';
		},
		'processes/1203/threads/1203/pc place-changed',
	],
	[
		'a register of the restored thread',
		({preResume}) => {
			threadOf(preResume, 1203).registers = {bx: '0xdead'};
		},
		'processes/1203/threads/1203/registers/bx register-changed',
	],
	[
		'a thread lost by the restore',
		({preResume, after}) => {
			for (const snapshot of [preResume, after]) {
				root(snapshot).threads = without(root(snapshot).threads, ({tid}) => tid === 1205);
			}
		},
		'processes/1203/threads/1205 lost',
	],
	[
		'a thread that was stopped when looked at, missing everywhere later',
		({before, image, preResume, after}) => {
			threadOf(before, 1205).state = 't';
			for (const snapshot of [image, preResume, after]) {
				root(snapshot).threads = without(root(snapshot).threads, ({tid}) => tid === 1205);
			}
		},
		'processes/1203/threads/1205 lost',
	],
	[
		'a process lost by the restore',
		({preResume, after}) => {
			preResume.processes.pop();
			after.processes.pop();
		},
		'processes/1210 lost',
	],
	[
		'a descriptor lost by the restore',
		({preResume, after}) => {
			for (const snapshot of [preResume, after])
				root(snapshot).fds = without(root(snapshot).fds, ({fd}) => fd === 6);
		},
		'processes/1203/fds/6 lost',
	],
	[
		'the bus socket closed after the thaw',
		({after}) => {
			root(after).fds = without(root(after).fds, ({fd}) => fd === 3);
		},
		'processes/1203/fds/3 held-closed',
	],
	[
		'O_NONBLOCK cleared',
		({after}) => {
			fdOf(after, 3).flags = '02000002';
		},
		'processes/1203/fds/3/flags flags-changed',
	],
	[
		'FD_CLOEXEC lost',
		({preResume}) => {
			fdOf(preResume, 7).flags = '02';
		},
		'processes/1203/fds/7/flags flags-changed',
	],
	[
		'another file under the same number',
		({preResume}) => {
			fdOf(preResume, 6).target = '/etc/passwd';
		},
		'processes/1203/fds/6 fd-replaced',
	],
	[
		'another kind under the same number',
		({preResume}) => {
			Object.assign(fdOf(preResume, 7), {kind: 'eventfd', target: 'anon_inode:[eventfd]'});
		},
		'processes/1203/fds/7 fd-replaced',
	],
	[
		'the held socket made anew',
		({preResume, after}) => {
			for (const snapshot of [preResume, after]) fdOf(snapshot, 3).inode = 30_000;
		},
		'processes/1203/fds/3/inode held-inode-changed',
	],
	[
		'the two ends of a pipe torn apart',
		({preResume}) => {
			fdOf(preResume, 5).inode = 20_143;
		},
		'processes/1203/fds/5/inode inode-split',
	],
	[
		'a file position lost',
		({preResume}) => {
			fdOf(preResume, 6).pos = 0;
		},
		'processes/1203/fds/6/pos position-changed',
	],
	[
		'another peer',
		({after}) => {
			Object.assign(fdOf(after, 3).socket ?? {}, {peer: {inode: 9002}});
		},
		'processes/1203/fds/3/socket/peer peer-changed',
	],
	[
		'another unique name',
		({after}) => {
			busOf(after).uniqueName = ':1.99';
		},
		'connections/1203:3/uniqueName unique-name-changed',
	],
	[
		'the connection gone',
		({after}) => {
			after.connections = [];
		},
		'connections/1203:3 lost',
	],
	[
		'a name gone',
		({after}) => {
			busOf(after).names.shift();
		},
		'connections/1203:3/names/org.demo.Counter name-lost',
	],
	[
		'a name taken by another',
		({after}) => {
			busOf(after).names = [
				{name: 'org.demo.Counter', position: 1},
				{name: 'org.demo.Spare', position: 1},
			];
		},
		'connections/1203:3/names/org.demo.Counter name-demoted',
	],
	[
		'a match rule gone',
		({after}) => {
			busOf(after).matchRules?.shift();
		},
		'connections/1203:3/matchRules rule-lost',
	],
	[
		'one of two equal match rules gone',
		({after}) => {
			busOf(after).matchRules?.pop();
		},
		'connections/1203:3/matchRules rule-lost',
	],
	[
		'another user',
		({preResume}) => {
			Object.assign(root(preResume).credentials ?? {}, {euid: 1000});
		},
		'processes/1203/credentials process-changed',
	],
	[
		'another program',
		({after}) => {
			root(after).exe = '/usr/bin/other';
		},
		'processes/1203/exe process-changed',
	],
	[
		'another mount namespace',
		({preResume}) => {
			Object.assign(root(preResume).namespaces ?? {}, {mnt: 'mnt:[1]'});
		},
		'processes/1203/namespaces/mnt namespace-changed',
	],
	[
		'a child with another parent',
		({after}) => {
			Object.assign(after.processes[1] ?? {}, {ppid: 1});
		},
		'processes/1210/ppid process-changed',
	],
	[
		'the service gone after the thaw',
		({after}) => {
			after.processes = [];
			after.connections = [];
		},
		'processes/1203 lost',
	],
	[
		'a stopped service that runs',
		({before}) => {
			threadOf(before, 1203).state = 'T';
		},
		'processes/1203/threads/1203/state woken',
	],
];

for (const [what, change, finding] of broken) {
	test(`found: ${what}`, (t) => {
		const moments = cycle(change);
		t.false(judge(moments).preserved);
		t.true(serious(moments).includes(finding), serious(moments).join('\n'));
	});
}

test('two names swapped between two connections are found at both', (t) => {
	const moments = cycle(({before, after}) => {
		for (const snapshot of [before, after]) {
			const second = structuredClone(busOf(snapshot));
			snapshot.connections.push({
				...second,
				fd: 9,
				uniqueName: ':1.8',
				names: [{name: 'org.demo.Other', position: 0}],
			});
		}
		busOf(after).names = [{name: 'org.demo.Other', position: 0}];
	});
	t.true(serious(moments).includes('connections/1203:3/names/org.demo.Counter name-lost'));
	const [first, second] = moments.after.connections;
	if (first && second) [first.uniqueName, second.uniqueName] = [second.uniqueName, first.uniqueName];
	t.true(serious(moments).includes('connections/1203:9/uniqueName unique-name-changed'));
});

/** What a healthy program does by itself: never an alarm. */
const healthy: Array<[string, (cycle: Cycle) => void, string]> = [
	[
		'a pool thread ends after the thaw',
		({after}) => {
			root(after).threads = without(root(after).threads, ({tid}) => tid === 1205);
		},
		'processes/1203/threads/1205 ended-after',
	],
	[
		'a pool thread ended before the freeze',
		({image, preResume, after}) => {
			for (const snapshot of [image, preResume, after]) {
				root(snapshot).threads = without(root(snapshot).threads, ({tid}) => tid === 1205);
			}
		},
		'processes/1203/threads/1205 ran-before-freeze',
	],
	[
		'a thread moved between the first look and the freeze',
		({image, preResume}) => {
			for (const snapshot of [image, preResume]) {
				const thread = threadOf(snapshot, 1203);
				Object.assign(thread, {pc: '0x55c07a809100', sp: '0x7fff3a673700'});
				if (thread.registers) thread.registers = {...thread.registers, orig_ax: '0xffffffffffffffff'};
			}
		},
		'processes/1203/threads/1203/pc ran-before-freeze',
	],
	[
		'a thread was running when looked at',
		({before}) => {
			const thread = threadOf(before, 1203);
			before.processes[0]?.threads.splice(0, 1, {tid: thread.tid, comm: thread.comm, state: 'R'});
		},
		'processes/1203/threads/1203/pc was-running',
	],
	[
		'the call had ended as the freeze began',
		({image}) => {
			const thread = threadOf(image, 1205);
			thread.registers = {...thread.registers, ax: '0x1'};
		},
		'processes/1203/threads/1205/result syscall-returned',
	],
	[
		'poll was interrupted by a tracer before',
		({before}) => {
			threadOf(before, 1203).syscall = {nr: 219, name: 'restart_syscall', args: []};
		},
		'processes/1203/threads/1203/syscall restart-syscall',
	],
	[
		'a title that changed before the freeze and after the thaw',
		({before, image, preResume, after}) => {
			const titles = ['registering', 'running', 'running', 'leaving'];
			for (const [n, snapshot] of [before, image, preResume, after].entries())
				root(snapshot).cmdline = [titles[n] ?? ''];
		},
		'processes/1203/cmdline ran-before-freeze',
	],
	[
		'memory that grows and shrinks all the time',
		({before, image, preResume, after}) => {
			const ends = ['0x2000', '0x3000', '0x3000', '0x4000'];
			for (const [n, snapshot] of [before, image, preResume, after].entries())
				root(snapshot).maps = [{start: '0x1000', end: ends[n] ?? '', permissions: 'rw-p', path: ''}];
		},
		'processes/1203/maps/0x1000 ran-before-freeze',
	],
	[
		'a lock that CRIU lost is set again',
		({before, image, preResume, after}) => {
			for (const snapshot of [before, image, after]) root(snapshot).locks = ['POSIX READ 128-128 /a-shm'];
			root(preResume).locks = [];
		},
		'processes/1203/locks locks-set-again',
	],
	[
		'the program runs on',
		({after}) => {
			Object.assign(threadOf(after, 1203), {pc: '0x7f357bc66000', sp: '0x7fff3a673000'});
		},
		'processes/1203/threads/1203/pc runs-on',
	],
	[
		'a new thread, descriptor and child after the thaw',
		({after}) => {
			root(after).threads.push({tid: 1300, comm: 'pool', state: 'S'});
			root(after).fds.push({fd: 20, kind: 'eventfd', target: 'anon_inode:[eventfd]', flags: '02'});
			after.processes.push({...root(snapshotOf('after')), pid: 1310, ppid: 1203});
		},
		'processes/1310 added-after',
	],
	[
		'a descriptor closed after the thaw',
		({after}) => {
			root(after).fds = without(root(after).fds, ({fd}) => fd === 6);
		},
		'processes/1203/fds/6 ended-after',
	],
	[
		'the log is written on',
		({after}) => {
			fdOf(after, 6).pos = 8192;
		},
		'processes/1203/fds/6/pos runs-on',
	],
	[
		'messages waited and were handled',
		({before}) => {
			Object.assign(fdOf(before, 3).socket ?? {}, {unread: 312});
		},
		'processes/1203/fds/3/socket/unread bytes-waiting',
	],
	[
		'dbus-daemon 1.16 cannot tell the pid any more',
		({after}) => {
			busOf(after).credentials = {uid: 0};
		},
		'connections/1203:3/credentials/pid daemon-forgot-pid',
	],
	[
		'a daemon that does not tell match rules',
		({after}) => {
			busOf(after).matchRules = null;
		},
		'connections/1203:3/matchRules rules-untold',
	],
	[
		'match rules in another order, and one more',
		({after}) => {
			busOf(after).matchRules?.reverse().push('b');
		},
		'connections/1203:3/matchRules rule-added',
	],
	[
		'the first owner of a queued name left meanwhile',
		({after}) => {
			Object.assign(busOf(after).names[1] ?? {}, {position: 0});
		},
		'connections/1203:3/names/org.demo.Spare name-promoted',
	],
	[
		'the executable was replaced on disk',
		({after}) => {
			root(after).exe = '/usr/bin/counter (deleted)';
		},
		'processes/1203/startTime start-time',
	],
	[
		'left stopped on purpose',
		({after}) => {
			threadOf(after, 1203).state = 'T';
		},
		'processes/1203/threads/1203/state left-stopped',
	],
	[
		'a directory reopened without O_DIRECTORY',
		({before, image}) => {
			for (const snapshot of [before, image]) fdOf(snapshot, 6).flags = '0302001';
		},
		'processes/1203/fds/6/flags open-only-flags',
	],
];

for (const [what, change, finding] of healthy) {
	test(`no alarm: ${what}`, (t) => {
		const moments = cycle(change);
		t.deepEqual(serious(moments), []);
		t.true(judge(moments).preserved);
		t.true(reasonsOf(moments).includes(finding), reasonsOf(moments).join('\n'));
	});
}

test('without a restored or frozen view nothing vouches for what is missing', (t) => {
	const {before, after} = cycle();
	root(after).fds.pop();
	root(after).threads.pop();
	const reasons = compareSnapshots(before, after)
		.filter((difference) => difference.class === 'broken')
		.map(({path}) => path);
	t.deepEqual(reasons, ['processes/1203/threads/1205', 'processes/1203/fds/7']);
});

test('a difference is plain JSON: nothing is lost on the way to another process', (t) => {
	const {differences} = judge(
		cycle(({after}) => {
			root(after).fds.pop();
			busOf(after).names.pop();
		}),
	);
	t.deepEqual(JSON.parse(JSON.stringify(differences)), differences);
});
