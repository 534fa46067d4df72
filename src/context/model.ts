/**
 * What a process and its connections looked like at one moment. Plain data: it is written to `before.json`,
 * crosses the keeper's socket, and is compared by the pure functions of this room. Addresses and 64-bit
 * numbers are lower-case hex strings ("0x7f12…") because JSON has no such integers.
 */
export interface Snapshot {
	version: 1;
	moment: Moment;
	/** ISO 8601, from the wall clock of the machine that took it. */
	takenAt: string;
	/** The root of the tree: the process that was named as the target. */
	pid: number;
	/** Parents before children. */
	processes: ProcessSnapshot[];
	connections: ConnectionSnapshot[];
	/** Of a stage's moment: what went on. */
	during?: 'freeze' | 'thaw';
	/** CRIU was still putting the tree together: its threads were in CRIU's code, some things not there yet. */
	inCriu?: boolean;
	/** Where it was taken; absent in images. */
	machine?: MachineSnapshot;
}

/** The machine on which a snapshot was taken, as far as it matters whether it is the same one. */
export interface MachineSnapshot {
	/** Of this boot of the kernel. */
	bootId: string;
	/** /etc/machine-id; empty where there is none. */
	machineId: string;
	hostname: string;
	/** As `uname -r` tells it. */
	kernel: string;
	/** The processor's model in its maker's words. */
	cpu: string;
	/**
	 * The namespaces of the program that looked, as `ProcessSnapshot.namespaces`: their numbers mean nothing on another
	 * machine, but whether a process shares them does.
	 */
	namespaces: Record<string, string>;
}

/**
 * `image` is read from the checkpoint alone; `pre-resume` is the restored process before it runs again. The others
 * are stages of CRIU's at which somebody stopped to look (`at-post-dump`); there is no fixed list of those.
 */
export type Moment = 'before' | 'image' | 'pre-resume' | 'after' | StageMoment;
export type StageMoment = `at-${string}`;

export interface ProcessSnapshot {
	pid: number;
	ppid: number;
	comm: string;
	exe: string;
	cmdline: string[];
	cwd: string;
	/** What the process sees as `/`. */
	root?: string;
	/** Octal text as in /proc/PID/status ("0022"). */
	umask?: string;
	pgid?: number;
	sid?: number;
	/** Live, in a pid namespace below ours: what it calls itself and its relatives. Its threads have `ownTid` then. */
	own?: OwnNumbers;
	/** The same in a snapshot in its own numbers: what it was called where the snapshot was taken. */
	pidHere?: number;
	/** Of the root of a tree in a pid namespace that was made for a thaw; see `NestKind`. */
	nest?: 'plain' | 'sandboxed';
	/** Field 22 of /proc/PID/stat, clock ticks since boot; absent in images. */
	startTime?: string;
	credentials?: Credentials;
	/** Namespace kind → inode text, e.g. `mnt` → `mnt:[4026531841]`. Absent in images. */
	namespaces?: Record<string, string>;
	/** Lines of /proc/PID/cgroup, `0::/system.slice/…`. Absent in images. */
	cgroup?: string[];
	/** Pids, ascending. */
	children?: number[];
	/** It lives in a user namespace that it does not come back into, and its capabilities with it. */
	leavesUserNamespace?: boolean;
	/** Kinds of namespaces of its own in whose place its systemd unit has made new ones for the thaw. */
	newNamespaces?: string[];
	/** Who traces it. */
	tracer?: number;
	/** Of the tree's root: other processes of its unit that are not in the tree. */
	neighbours?: number[];
	/** Files that a program in its mount namespace needs and would not find there; only where that is another than ours. */
	lacking?: string[];
	/** `NAME=value` as the process was started with: often secrets, so show names only unless asked. */
	environment?: string[];
	/** Names of /proc/PID/limits → [soft, hard]; `unlimited` or digits. */
	limits?: Record<string, readonly [soft: string, hard: string]>;
	signals?: SignalState;
	timers?: TimerState;
	/** `FLOCK WRITE 0-EOF /path`, sorted; a lock belongs to the file, so duplicates of a descriptor count once. */
	locks?: string[];
	/** Ascending. Neighbours that only a kernel's bookkeeping keeps apart are one. */
	maps?: MapSnapshot[];
	/** Digests of the dumped memory, by the address of each piece of it; only of images as they were written. */
	memoryDigests?: Record<string, string>;
	threads: ThreadSnapshot[];
	fds: FdSnapshot[];
}

export interface OwnNumbers {
	pid: number;
	ppid: number;
	pgid: number;
	sid: number;
}

/** One stretch of memory. Addresses are hex. */
export interface MapSnapshot {
	start: string;
	end: string;
	/** `rw-p`, as in /proc/PID/maps. */
	permissions: string;
	/** Offset in the file, hex; only of files. */
	offset?: string;
	/** A file, `[stack]` …; empty for anonymous memory. */
	path: string;
}

/** Sets of signals are 64-bit masks in hex, bit n − 1 for signal n. */
export interface SignalState {
	ignored: string;
	/** Has a handler. */
	caught: string;
	/** Pending for the process as a whole. */
	pending: string;
	/** Where the handlers are; only images tell. */
	actions?: SignalAction[];
}

export interface SignalAction {
	signal: number;
	handler: string;
	flags: string;
	mask: string;
}

export interface TimerState {
	/** timer_create(2). */
	posix: PosixTimer[];
	/** setitimer(2): those that run; only images tell. Seconds. */
	intervals?: Record<string, {value: number; interval: number}>;
}

export interface PosixTimer {
	id: number;
	clock: number;
	signal: number;
	/** SIGEV_… of sigevent(7): 0 signal, 1 none, 4 thread. */
	notify: number;
	/** Seconds; only images tell. */
	value?: number;
	interval?: number;
}

export interface Credentials {
	uid: number;
	euid: number;
	gid: number;
	egid: number;
	groups: number[];
	suid?: number;
	sgid?: number;
	fsuid?: number;
	fsgid?: number;
	/** Capability sets as hex: effective, permitted, inheritable, bounding, ambient. */
	capEff?: string;
	capPrm?: string;
	capInh?: string;
	capBnd?: string;
	capAmb?: string;
	noNewPrivs?: boolean;
}

export interface ThreadSnapshot {
	tid: number;
	ownTid?: number;
	comm: string;
	/** One letter of /proc/PID/stat: S sleeping, R running, t traced, T stopped …; absent in images. */
	state?: string;
	/** Kernel function it sleeps in, where the kernel tells. */
	wchan?: string;
	/** Absent when running, or stopped outside a system call. */
	syscall?: Syscall;
	/** Absent when the thread was running and was not stopped to look. */
	sp?: string;
	pc?: string;
	where?: CodePlace;
	/** All general registers by CRIU's names (ax, ip, sp, orig_ax …), hex; only where they were read. */
	registers?: Record<string, string>;
	/** Digests of the floating-point and vector registers, by the part of the processor: `x87`, `sse`, `avx` … */
	vectors?: Record<string, string>;
	/** Digest of the stack around the stack pointer: the same only if the thread has not run in between. */
	stackDigest?: string;
	/** Signals that it blocks, and that wait for it alone; hex as in `SignalState`. */
	blocked?: string;
	pending?: string;
	/** sigaltstack(2); the kernel tells it to nobody but the thread, so only images have it. */
	altStack?: {base: string; size: number; enabled: boolean};
	scheduling?: Scheduling;
	/** Processors that it may run on: `0-1`. Absent in images. */
	affinity?: string;
	/** 0 off, 1 strict, 2 filters. */
	seccomp?: {mode: number; filters?: number};
	/** Innermost frame first. */
	backtrace?: Frame[];
}

export interface Scheduling {
	/** SCHED_… of sched(7): other, fifo, rr, batch, idle, deadline. */
	policy: string;
	/** 1–99 for real-time policies, else 0. */
	priority: number;
	nice: number;
}

/** One level of a backtrace; symbol and module where they were found. */
export interface Frame {
	pc: string;
	symbol?: string;
	module?: string;
}

export interface Syscall {
	nr: number;
	name: string;
	args: string[];
}

/** `poll+0x4f` in libc: the symbol is absent in stripped modules, then offset counts from the module's start. */
export interface CodePlace {
	module: string;
	symbol?: string;
	offset: string;
}

export type FdKind =
	| 'file'
	| 'directory'
	| 'socket'
	| 'pipe'
	| 'fifo'
	| 'tty'
	| 'device'
	| 'memfd'
	| 'epoll'
	| 'eventfd'
	| 'timerfd'
	| 'signalfd'
	| 'inotify'
	| 'pidfd'
	| 'io_uring'
	| 'other';

export interface FdSnapshot {
	fd: number;
	kind: FdKind;
	/** The target of /proc/PID/fd/N, or the image's path. */
	target: string;
	/** F_GETFL bits, octal text as in fdinfo ("02000002"). O_CLOEXEC is part of it there. */
	flags: string;
	/** File position in bytes; only for kinds that have one. */
	pos?: number;
	inode?: number;
	/** Of a pidfd: the process it means; -1 when that is no more. */
	ofPid?: number;
	/** Of an epoll descriptor: what it watches. */
	watches?: EpollWatch[];
	/** Of an eventfd: its count. */
	count?: string;
	/** Of a timerfd. */
	timer?: TimerFd;
	/** Of a signalfd: mask in hex. */
	signals?: string;
	socket?: SocketSnapshot;
	/** Kinds of locks that it has on its file, as /proc/locks calls them. */
	locks?: string[];
	/** Its file cannot be found again: its mount is not in the process's mount namespace, or it has no handle to watch it by. */
	hidden?: boolean;
	/** Of a file without a name any more: its size in bytes. */
	unlinkedBytes?: number;
	/** Held open by us while frozen. */
	held?: boolean;
}

export interface EpollWatch {
	fd: number;
	/** EPOLL… bits, hex. */
	events: string;
	data: string;
}

export interface TimerFd {
	/** CLOCK_… of clock_gettime(2). */
	clock: number;
	/** Expirations that nobody has read yet. */
	ticks: number;
	/** TFD_TIMER_… bits. */
	flags: number;
	/** Seconds until it expires (0: not armed) and between expirations. */
	value: number;
	interval: number;
}

export interface SocketSnapshot {
	family: string;
	type: string;
	state: string;
	/** Local name: a path, `@abstract`, or `ip:port`. */
	name?: string;
	peer?: {inode?: number; pid?: number; comm?: string; name?: string};
	/** Bytes that wait to be read / that the peer has not read yet. */
	unread?: number;
	unsent?: number;
	/** It is not of the network namespace that its process lives in. */
	foreign?: boolean;
	/** Of netlink: the groups that it listens to, hex mask; absent: none. */
	groups?: string;
	/** Name as in socket(7), `SO_KEEPALIVE` → value; time-outs in microseconds. Only what its family has. */
	options?: Record<string, number>;
}

/** One connection to a message bus, as the daemon and the kernel tell it. */
export interface ConnectionSnapshot {
	pid: number;
	fd: number;
	inode: number;
	busAddress: string;
	/** The daemon's id; absent in checkpoints of older versions: that of the checkpoint's bus. */
	busGuid?: string;
	/** It was made anew in the place of this one, as which the program was frozen. */
	reconnectedFrom?: {inode: number; uniqueName: string};
	uniqueName: string;
	/** position 0 = owner, n = waits as the n-th in the queue. */
	names: Array<{name: string; position: number}>;
	/** null: this daemon does not tell (no Debug.Stats, or not allowed). */
	matchRules: string[] | null;
	/** As the daemon reports them; absent where it does not. */
	credentials?: {pid?: number; uid?: number};
	/** What waits in the daemon to be read by it, where the daemon tells. */
	queue?: {messages: number; bytes: number};
	/**
	 * How the socket was matched to the unique name: no other was possible; by order of connecting, which is a
	 * guess; by a message that was sent to the name and arrived in this socket.
	 */
	matchedBy: 'only' | 'order' | 'message';
	/** Whether somebody is still there: of the thawed process, which was asked. */
	answer?: PeerAnswer;
}

/**
 * What came of a Ping. `answered`: a reply or an error of its own. `reads`: it takes its messages and has not answered this
 * one. `silent`: it takes none. `denied`: the bus does not let us ask.
 */
export type PeerAnswer = 'answered' | 'reads' | 'silent' | 'denied';

/** How a difference bears on "the same program at the same place". */
export type DifferenceClass = 'expected' | 'changed' | 'broken';

export interface Difference {
	/** e.g. `processes/1203/threads/1204/pc`, `connections/1203:3/names`. */
	path: string;
	before: unknown;
	after: unknown;
	class: DifferenceClass;
	/** Key of the sentence in `i18n` that explains it. */
	reason: string;
	/** Facts for that sentence. */
	params?: Record<string, string | number>;
}

export interface Verdict {
	/** No difference is `changed` or `broken`. */
	preserved: boolean;
	differences: Difference[];
}
