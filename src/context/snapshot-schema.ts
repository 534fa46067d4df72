import {z} from 'zod';
import type {Moment, Snapshot} from './model.js';

/** Numbers that are later read with BigInt must be what they claim. */
const hex = z.string().regex(/^0x[0-9a-f]{1,16}$/i);
const id = z.number().int();

const place = z.object({module: z.string(), symbol: z.exactOptional(z.string()), offset: z.string()});
const frame = z.object({
	pc: z.string(),
	symbol: z.exactOptional(z.string()),
	module: z.exactOptional(z.string()),
});
const thread = z.object({
	tid: id,
	ownTid: z.exactOptional(id),
	comm: z.string(),
	state: z.exactOptional(z.string()),
	wchan: z.exactOptional(z.string()),
	syscall: z.exactOptional(z.object({nr: z.number(), name: z.string(), args: z.array(z.string())})),
	sp: z.exactOptional(hex),
	pc: z.exactOptional(hex),
	where: z.exactOptional(place),
	registers: z.exactOptional(z.record(z.string(), hex)),
	vectors: z.exactOptional(z.record(z.string(), z.string())),
	stackDigest: z.exactOptional(z.string()),
	blocked: z.exactOptional(z.string()),
	pending: z.exactOptional(z.string()),
	altStack: z.exactOptional(z.object({base: z.string(), size: z.number(), enabled: z.boolean()})),
	scheduling: z.exactOptional(z.object({policy: z.string(), priority: z.number(), nice: z.number()})),
	affinity: z.exactOptional(z.string()),
	seccomp: z.exactOptional(z.object({mode: z.number(), filters: z.exactOptional(z.number())})),
	backtrace: z.exactOptional(z.array(frame)),
});

const peer = z.object({
	inode: z.exactOptional(id),
	pid: z.exactOptional(id),
	comm: z.exactOptional(z.string()),
	name: z.exactOptional(z.string()),
});
const socket = z.object({
	family: z.string(),
	type: z.string(),
	state: z.string(),
	name: z.exactOptional(z.string()),
	peer: z.exactOptional(peer),
	unread: z.exactOptional(z.number()),
	unsent: z.exactOptional(z.number()),
	foreign: z.exactOptional(z.boolean()),
	groups: z.exactOptional(z.string()),
	options: z.exactOptional(z.record(z.string(), z.number())),
});

const kinds = [
	'file',
	'directory',
	'socket',
	'pipe',
	'fifo',
	'tty',
	'device',
	'memfd',
	'epoll',
	'eventfd',
	'timerfd',
	'signalfd',
	'inotify',
	'pidfd',
	'io_uring',
	'other',
] as const;
const timerFd = z.object({
	clock: id,
	ticks: z.number(),
	flags: z.number(),
	value: z.number(),
	interval: z.number(),
});
const fd = z.object({
	fd: id,
	kind: z.enum(kinds),
	target: z.string(),
	flags: z.string(),
	pos: z.exactOptional(z.number()),
	inode: z.exactOptional(id),
	ofPid: z.exactOptional(z.number()),
	watches: z.exactOptional(z.array(z.object({fd: id, events: z.string(), data: z.string()}))),
	count: z.exactOptional(z.string()),
	timer: z.exactOptional(timerFd),
	signals: z.exactOptional(z.string()),
	socket: z.exactOptional(socket),
	locks: z.exactOptional(z.array(z.string())),
	hidden: z.exactOptional(z.boolean()),
	unlinkedBytes: z.exactOptional(z.number()),
	held: z.exactOptional(z.boolean()),
});

/** Capability sets were once written without the prefix. */
const mask = z.string().regex(/^(?:0x)?[0-9a-f]{1,16}$/i);
const credentials = z.object({
	uid: id,
	euid: id,
	gid: id,
	egid: id,
	groups: z.array(id),
	suid: z.exactOptional(id),
	sgid: z.exactOptional(id),
	fsuid: z.exactOptional(id),
	fsgid: z.exactOptional(id),
	capEff: z.exactOptional(mask),
	capPrm: z.exactOptional(mask),
	capInh: z.exactOptional(mask),
	capBnd: z.exactOptional(mask),
	capAmb: z.exactOptional(mask),
	noNewPrivs: z.exactOptional(z.boolean()),
});

const signals = z.object({
	ignored: z.string(),
	caught: z.string(),
	pending: z.string(),
	actions: z.exactOptional(
		z.array(z.object({signal: id, handler: z.string(), flags: z.string(), mask: z.string()})),
	),
});
const posixTimer = z.object({
	id,
	clock: id,
	signal: id,
	notify: id,
	value: z.exactOptional(z.number()),
	interval: z.exactOptional(z.number()),
});
const timers = z.object({
	posix: z.array(posixTimer),
	intervals: z.exactOptional(z.record(z.string(), z.object({value: z.number(), interval: z.number()}))),
});
const map = z.object({
	start: hex,
	end: hex,
	permissions: z.string(),
	offset: z.exactOptional(z.string()),
	path: z.string(),
});
const processes = z.object({
	pid: id,
	ppid: id,
	comm: z.string(),
	exe: z.string(),
	cmdline: z.array(z.string()),
	cwd: z.string(),
	startTime: z.exactOptional(z.string()),
	credentials: z.exactOptional(credentials),
	namespaces: z.exactOptional(z.record(z.string(), z.string())),
	root: z.exactOptional(z.string()),
	umask: z.exactOptional(z.string()),
	pgid: z.exactOptional(id),
	sid: z.exactOptional(id),
	own: z.exactOptional(z.object({pid: id, ppid: id, pgid: id, sid: id})),
	pidHere: z.exactOptional(id),
	nest: z.exactOptional(z.enum(['plain', 'sandboxed'])),
	cgroup: z.exactOptional(z.array(z.string())),
	children: z.exactOptional(z.array(id)),
	leavesUserNamespace: z.exactOptional(z.boolean()),
	newNamespaces: z.exactOptional(z.array(z.string())),
	tracer: z.exactOptional(id),
	neighbours: z.exactOptional(z.array(id)),
	lacking: z.exactOptional(z.array(z.string())),
	environment: z.exactOptional(z.array(z.string())),
	limits: z.exactOptional(z.record(z.string(), z.tuple([z.string(), z.string()]))),
	signals: z.exactOptional(signals),
	timers: z.exactOptional(timers),
	locks: z.exactOptional(z.array(z.string())),
	maps: z.exactOptional(z.array(map)),
	memoryDigests: z.exactOptional(z.record(z.string(), z.string())),
	threads: z.array(thread),
	fds: z.array(fd),
});

const connection = z.object({
	pid: id,
	fd: id,
	inode: id,
	busAddress: z.string(),
	busGuid: z.exactOptional(z.string()),
	reconnectedFrom: z.exactOptional(z.object({inode: z.number(), uniqueName: z.string()})),
	uniqueName: z.string(),
	names: z.array(z.object({name: z.string(), position: id})),
	matchRules: z.array(z.string()).nullable(),
	credentials: z.exactOptional(z.object({pid: z.exactOptional(id), uid: z.exactOptional(id)})),
	matchedBy: z.enum(['only', 'order', 'message']),
	answer: z.exactOptional(z.enum(['answered', 'reads', 'silent', 'denied'])),
	queue: z.exactOptional(z.object({messages: z.number(), bytes: z.number()})),
});

const snapshot: z.ZodType<Snapshot> = z.object({
	version: z.literal(1),
	moment: z.custom<Moment>(
		(value) => typeof value === 'string' && /^(?:before|image|pre-resume|after|at-.+)$/.test(value),
	),
	takenAt: z.string(),
	pid: id,
	processes: z.array(processes),
	connections: z.array(connection),
	during: z.exactOptional(z.enum(['freeze', 'thaw'])),
	inCriu: z.exactOptional(z.boolean()),
	machine: z.exactOptional(
		z.object({
			bootId: z.string(),
			machineId: z.string(),
			hostname: z.string(),
			kernel: z.string(),
			cpu: z.string(),
			namespaces: z.record(z.string(), z.string()),
		}),
	),
});

/**
 * Checks a document that claims to be a snapshot: a file may come from anywhere.
 * @returns the snapshot, or the path of the first field that is missing or of another type ('' = the whole).
 */
export function checkSnapshot(document: unknown): {snapshot: Snapshot} | {badField: string} {
	const result = snapshot.safeParse(document);
	return result.success
		? {snapshot: result.data}
		: {badField: (result.error.issues[0]?.path ?? []).map(String).join('.')};
}
