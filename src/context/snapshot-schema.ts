import {z} from 'zod';
import type {Snapshot} from './model.js';

/** Numbers that are later read with BigInt must be what they claim. */
const hex = z.string().regex(/^0x[0-9a-f]{1,16}$/i);
const id = z.number().int();

const place = z.object({module: z.string(), symbol: z.exactOptional(z.string()), offset: z.string()});
const thread = z.object({
	tid: id,
	comm: z.string(),
	state: z.exactOptional(z.string()),
	wchan: z.exactOptional(z.string()),
	syscall: z.exactOptional(z.object({nr: z.number(), name: z.string(), args: z.array(z.string())})),
	sp: z.exactOptional(hex),
	pc: z.exactOptional(hex),
	where: z.exactOptional(place),
	registers: z.exactOptional(z.record(z.string(), hex)),
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
const fd = z.object({
	fd: id,
	kind: z.enum(kinds),
	target: z.string(),
	flags: z.string(),
	pos: z.exactOptional(z.number()),
	inode: z.exactOptional(id),
	ofPid: z.exactOptional(z.number()),
	socket: z.exactOptional(socket),
	held: z.exactOptional(z.boolean()),
});

const credentials = z.object({
	uid: id,
	euid: id,
	gid: id,
	egid: id,
	groups: z.array(id),
	capEff: z.exactOptional(z.string().regex(/^(?:0x)?[0-9a-f]{1,16}$/i)),
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
	threads: z.array(thread),
	fds: z.array(fd),
});

const connection = z.object({
	pid: id,
	fd: id,
	inode: id,
	busAddress: z.string(),
	busGuid: z.exactOptional(z.string()),
	uniqueName: z.string(),
	names: z.array(z.object({name: z.string(), position: id})),
	matchRules: z.array(z.string()).nullable(),
	credentials: z.exactOptional(z.object({pid: z.exactOptional(id), uid: z.exactOptional(id)})),
	matchedBy: z.enum(['only', 'order', 'message']),
});

const snapshot: z.ZodType<Snapshot> = z.object({
	version: z.literal(1),
	moment: z.enum(['before', 'image', 'pre-resume', 'after']),
	takenAt: z.string(),
	pid: id,
	processes: z.array(processes),
	connections: z.array(connection),
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
