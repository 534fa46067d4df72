import type {
	ConnectionSnapshot,
	FdSnapshot,
	Moment,
	ProcessSnapshot,
	Snapshot,
	ThreadSnapshot,
} from '../../src/context/model.js';

/**
 * A small service as it was seen before, in the image, restored and after: the values are those of a real
 * process (poll in the main thread, read and epoll_wait in two others), shortened.
 */
const places = {
	1203: {comm: 'counter', nr: 7, name: 'poll', sp: '0x7fff3a673650', pc: '0x7f357bc6a26f'},
	1204: {comm: 'reader', nr: 0, name: 'read', sp: '0x7f357bb69e80', pc: '0x7f357bc662ec'},
	1205: {comm: 'pool', nr: 232, name: 'epoll_wait', sp: '0x7f357b368e80', pc: '0x7f357bc76f36'},
} as const;
type Tid = keyof typeof places;
const tids: Tid[] = [1203, 1204, 1205];

const minus2 = (pc: string): string => `0x${(BigInt(pc) - 2n).toString(16)}`;

function thread(tid: Tid, moment: Moment): ThreadSnapshot {
	const {comm, nr, name, sp, pc} = places[tid];
	const syscall = {nr, name, args: ['0x3', '0x0', '0x1', '0x0', '0x0', '0x0']};
	if (moment === 'before' || moment === 'after') {
		const where = {module: '/usr/lib/libc.so.6', symbol: name, offset: '0x4f'};
		return {tid, comm, state: 'S', syscall, sp, pc, where};
	}
	// read() is entered again; poll() and epoll_wait() end with EINTR.
	const frozenPc = tid === 1204 ? minus2(pc) : pc;
	if (moment === 'pre-resume') return {tid, comm, state: 't', sp, pc: frozenPc};
	const ax = tid === 1204 ? '0x0' : '0xfffffffffffffffc';
	const registers = {ax, orig_ax: `0x${nr.toString(16)}`, ip: frozenPc, sp, bx: '0x1', r15: '0x2'};
	return {tid, comm, syscall, sp, pc: frozenPc, registers};
}

function fds(moment: Moment): FdSnapshot[] {
	const anew = moment === 'pre-resume' || moment === 'after';
	const pipe = anew ? 20_142 : 14_142;
	const told = moment === 'image' ? {} : {unread: 0, unsent: 0};
	return [
		{fd: 0, kind: 'device', target: '/dev/null', flags: '0100002'},
		{
			fd: 3,
			kind: 'socket',
			target: 'socket:[14147]',
			flags: '02004002',
			inode: 14_147,
			held: true,
			socket: {family: 'unix', type: 'stream', state: 'established', peer: {inode: 9001}, ...told},
		},
		{fd: 4, kind: 'pipe', target: `pipe:[${pipe}]`, flags: '02000000', inode: pipe},
		{fd: 5, kind: 'pipe', target: `pipe:[${pipe}]`, flags: '02000001', inode: pipe},
		{fd: 6, kind: 'file', target: '/var/log/counter.log', flags: '0102001', pos: 4096},
		{fd: 7, kind: 'epoll', target: 'anon_inode:[eventpoll]', flags: '02000002'},
	];
}

function processes(moment: Moment): ProcessSnapshot[] {
	const restored = moment === 'pre-resume' || moment === 'after';
	const image = moment === 'image';
	const common = {exe: '/usr/bin/counter', cwd: '/'};
	const credentials = {uid: 0, euid: 0, gid: 0, egid: 0, groups: [4, 24], capEff: '0x1fffeffffff'};
	const live = image
		? {}
		: {
				startTime: restored ? '99000' : '5000',
				namespaces: {mnt: 'mnt:[4026531841]', time: `time:[${restored ? 4_026_532_178 : 4_026_531_834}]`},
			};
	return [
		{
			pid: 1203,
			ppid: image ? 0 : restored ? 1 : 800,
			comm: 'counter',
			cmdline: image ? [] : ['counter', '--verbose'],
			credentials: structuredClone(credentials),
			fds: fds(moment),
			...common,
			...live,
			threads: tids.map((tid) => thread(tid, moment)),
		},
		{
			pid: 1210,
			ppid: 1203,
			comm: 'helper',
			cmdline: image ? [] : ['helper'],
			credentials: structuredClone(credentials),
			fds: fds(moment),
			...common,
			...live,
			threads: [{...thread(1204, moment), tid: 1210, comm: 'helper'}],
		},
	];
}

const connection: ConnectionSnapshot = {
	pid: 1203,
	fd: 3,
	inode: 14_147,
	busAddress: 'unix:path=/run/dbus/system_bus_socket',
	uniqueName: ':1.7',
	names: [
		{name: 'org.demo.Counter', position: 0},
		{name: 'org.demo.Spare', position: 1},
	],
	matchRules: ["type='signal',interface='org.demo.Ctl'", "type='signal',member='NameOwnerChanged'", 'a', 'a'],
	credentials: {pid: 1203, uid: 0},
	matchedBy: 'only',
};

export function snapshotOf(moment: Moment): Snapshot {
	return {
		version: 1,
		moment,
		takenAt: '2026-01-02T03:04:05.000Z',
		pid: 1203,
		processes: processes(moment),
		connections: moment === 'before' || moment === 'after' ? [structuredClone(connection)] : [],
	};
}

export interface Cycle {
	before: Snapshot;
	image: Snapshot;
	preResume: Snapshot;
	after: Snapshot;
}

/** One healthy freeze and thaw, after `change` has spoiled something. */
export function cycle(change: (cycle: Cycle) => void = () => {}): Cycle {
	const moments = {
		before: snapshotOf('before'),
		image: snapshotOf('image'),
		preResume: snapshotOf('pre-resume'),
		after: snapshotOf('after'),
	};
	change(moments);
	return moments;
}

export const root = (snapshot: Snapshot): ProcessSnapshot => must(snapshot.processes[0]);
export const threadOf = (snapshot: Snapshot, tid: number): ThreadSnapshot =>
	must(root(snapshot).threads.find((each) => each.tid === tid));
export const fdOf = (snapshot: Snapshot, fd: number): FdSnapshot =>
	must(root(snapshot).fds.find((each) => each.fd === fd));
export const busOf = (snapshot: Snapshot): ConnectionSnapshot => must(snapshot.connections[0]);

export function without<T>(list: T[], drop: (each: T) => boolean): T[] {
	return list.filter((each) => !drop(each));
}

function must<T>(value: T | undefined): T {
	if (value === undefined) throw new Error('the handmade snapshot lacks it');
	return value;
}
