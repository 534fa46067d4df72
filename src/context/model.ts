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
}

/** `image` is read from the checkpoint alone; `pre-resume` is the restored process before it runs again. */
export type Moment = 'before' | 'image' | 'pre-resume' | 'after';

export interface ProcessSnapshot {
	pid: number;
	ppid: number;
	comm: string;
	exe: string;
	cmdline: string[];
	cwd: string;
	/** Field 22 of /proc/PID/stat, clock ticks since boot; absent in images. */
	startTime?: string;
	credentials?: Credentials;
	/** Namespace kind → inode text, e.g. `mnt` → `mnt:[4026531841]`. Absent in images. */
	namespaces?: Record<string, string>;
	threads: ThreadSnapshot[];
	fds: FdSnapshot[];
}

export interface Credentials {
	uid: number;
	euid: number;
	gid: number;
	egid: number;
	groups: number[];
	/** Effective capability set as hex. */
	capEff?: string;
}

export interface ThreadSnapshot {
	tid: number;
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
	socket?: SocketSnapshot;
	/** Held open by us while frozen. */
	held?: boolean;
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
}

/** One connection to a message bus, as the daemon and the kernel tell it. */
export interface ConnectionSnapshot {
	pid: number;
	fd: number;
	inode: number;
	busAddress: string;
	/** The daemon's id; absent in checkpoints of older versions: that of the checkpoint's bus. */
	busGuid?: string;
	uniqueName: string;
	/** position 0 = owner, n = waits as the n-th in the queue. */
	names: Array<{name: string; position: number}>;
	/** null: this daemon does not tell (no Debug.Stats, or not allowed). */
	matchRules: string[] | null;
	/** As the daemon reports them; absent where it does not. */
	credentials?: {pid?: number; uid?: number};
	/**
	 * How the socket was matched to the unique name: no other was possible; by order of connecting, which is a
	 * guess; by a message that was sent to the name and arrived in this socket.
	 */
	matchedBy: 'only' | 'order' | 'message';
}

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
