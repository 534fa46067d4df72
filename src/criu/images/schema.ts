import {
	bool,
	bytes,
	int32,
	message,
	nested,
	nestedList,
	sint32,
	uint32,
	uint32s,
	uint64,
	uint64s,
} from './protobuf.js';

/**
 * The fields of CRIU's images that this program reads, by the numbers of images/*.proto in CRIU 4.x. Whatever
 * is not named here is kept as unknown fields.
 */
export const inventory = message('inventory_entry', {
	imageVersion: uint32(1),
	fdinfoPerId: bool(2),
	/** Microseconds since boot when the dump began. */
	dumpUptime: uint64(8),
});

export const pstree = message('pstree_entry', {
	pid: uint32(1),
	ppid: uint32(2),
	pgid: uint32(3),
	sid: uint32(4),
	threads: uint32s(5),
});

/** One file each for a task, `ids-PID.img`: which of the shared tables is its own. */
export const ids = message('task_kobj_ids_entry', {filesId: uint32(2), fsId: uint32(3)});

const x86Registers = message('user_x86_regs_entry', {
	r15: uint64(1),
	r14: uint64(2),
	r13: uint64(3),
	r12: uint64(4),
	bp: uint64(5),
	bx: uint64(6),
	r11: uint64(7),
	r10: uint64(8),
	r9: uint64(9),
	r8: uint64(10),
	ax: uint64(11),
	cx: uint64(12),
	dx: uint64(13),
	si: uint64(14),
	di: uint64(15),
	origAx: uint64(16),
	ip: uint64(17),
	cs: uint64(18),
	flags: uint64(19),
	sp: uint64(20),
	ss: uint64(21),
	fsBase: uint64(22),
	gsBase: uint64(23),
	ds: uint64(24),
	es: uint64(25),
	fs: uint64(26),
	gs: uint64(27),
});

const arm64Registers = message('user_aarch64_regs_entry', {
	regs: uint64s(1),
	sp: uint64(2),
	pc: uint64(3),
	pstate: uint64(4),
});

/** What of the XSAVE area lies behind its legacy part. */
export const extendedVectors = message('user_x86_xsave_entry', {
	ymmHigh: uint32s(2),
	/** AVX-512, 64-bit words: k0–7, the upper halves of zmm0–15, zmm16–31. */
	opmask: uint64s(5),
	zmmHigh: uint64s(6),
	zmm16: uint64s(7),
});
/** The XSAVE area, taken apart: 32-bit words as they lie in memory. */
const x86Vectors = message('user_x86_fpregs_entry', {
	cwd: uint32(1),
	swd: uint32(2),
	twd: uint32(3),
	mxcsr: uint32(7),
	st: uint32s(9),
	xmm: uint32s(10),
	extended: nested(13, extendedVectors),
});
const x86Thread = message('thread_info_x86', {
	registers: nested(2, x86Registers),
	vectors: nested(3, x86Vectors),
});
const arm64Thread = message('thread_info_aarch64', {registers: nested(3, arm64Registers)});

const credentials = message('creds_entry', {
	uid: uint32(1),
	gid: uint32(2),
	euid: uint32(3),
	egid: uint32(4),
	suid: uint32(5),
	sgid: uint32(6),
	fsuid: uint32(7),
	fsgid: uint32(8),
	/** 32 bits each, lowest first. */
	capInh: uint32s(9),
	capPrm: uint32s(10),
	capEff: uint32s(11),
	capBnd: uint32s(12),
	groups: uint32s(14),
	noNewPrivs: uint32(18),
	capAmb: uint32s(19),
});

const interval = message('itimer_entry', {
	intervalSeconds: uint64(1),
	intervalMicroseconds: uint64(2),
	seconds: uint64(3),
	microseconds: uint64(4),
});
const posixTimer = message('posix_timer_entry', {
	id: uint32(1),
	clock: uint32(2),
	signal: uint32(3),
	notify: uint32(4),
	intervalSeconds: uint64(7),
	intervalNanoseconds: uint64(8),
	seconds: uint64(9),
	nanoseconds: uint64(10),
});
const timers = message('task_timers_entry', {
	real: nested(1, interval),
	virtual: nested(2, interval),
	profile: nested(3, interval),
	posix: nestedList(4, posixTimer),
});
const limits = message('task_rlimits_entry', {
	limits: nestedList(1, message('rlimit_entry', {soft: uint64(1), hard: uint64(2)})),
});
/** siginfo_t as it lies in memory; its first word is the signal's number. */
const signalQueue = message('signal_queue_entry', {
	signals: nestedList(1, message('siginfo_entry', {siginfo: bytes(1)})),
});
const signalAction = message('sa_entry', {handler: uint64(1), flags: uint64(2), mask: uint64(4)});

const task = message('task_core_entry', {
	state: uint32(1),
	exitCode: uint32(2),
	blocked: uint64(5),
	comm: bytes(6),
	timers: nested(7, timers),
	limits: nested(8, limits),
	pending: nested(10, signalQueue),
	/** Of all signals in turn, but SIGKILL and SIGSTOP. */
	actions: nestedList(15, signalAction),
});
const alternativeStack = message('thread_sas_entry', {base: uint64(1), size: uint64(2), flags: uint32(3)});
const thread = message('thread_core_entry', {
	nice: sint32(3),
	policy: uint32(4),
	priority: uint32(5),
	blocked: uint64(6),
	alternativeStack: nested(7, alternativeStack),
	pending: nested(9, signalQueue),
	credentials: nested(10, credentials),
	seccompMode: uint32(11),
	comm: bytes(13),
});

/** core_entry.march. */
export const machine = {x86_64: 1, aarch64: 3} as const;
/** task_core_entry.task_state, from criu/include/pstree.h and compel's task-state.h. */
export const taskState = {alive: 1, dead: 2, stopped: 3, zombie: 6} as const;

export const core = message('core_entry', {
	machine: uint32(1),
	x86: nested(2, x86Thread),
	task: nested(3, task),
	thread: nested(5, thread),
	arm64: nested(8, arm64Thread),
});

const vma = message('vma_entry', {
	start: uint64(1),
	end: uint64(2),
	/** Bytes from the beginning of the file. */
	offset: uint64(3),
	/** Of a file: its id in files.img. */
	sharedId: uint64(4),
	/** PROT_… and MAP_… of mmap(2). */
	protection: uint32(5),
	flags: uint32(6),
	status: uint32(7),
});
/** vma_entry.status, VMA_… of criu/include/image.h. */
export const vmaStatus = {
	vsyscall: 1 << 2,
	vdso: 1 << 3,
	heap: 1 << 5,
	privateFile: 1 << 6,
	sharedFile: 1 << 7,
	sharedAnonymous: 1 << 8,
	vvar: 1 << 12,
	memfd: 1 << 14,
	/** No mapping of the kernel's, but a mark on part of one (MADV_GUARD_INSTALL). */
	guard: 1 << 16,
} as const;

export const mm = message('mm_entry', {
	startStack: uint64(5),
	argumentsStart: uint64(8),
	argumentsEnd: uint64(9),
	environmentStart: uint64(10),
	environmentEnd: uint64(11),
	exeFileId: uint32(12),
	auxiliaryVector: uint64s(13),
	maps: nestedList(14, vma),
});
export const fs = message('fs_entry', {cwdId: uint32(1), rootId: uint32(2), umask: uint32(3)});

/**
 * An entry of pagemap-PID.img: pages that lie side by side. The first entry of the file is its head, whose only
 * field has number 1, too: the id of pages-ID.img.
 */
export const pagemap = message('pagemap_entry', {
	address: uint64(1),
	/** Where CRIU before 4.1 wrote the count. */
	pages32: uint32(2),
	inParent: bool(3),
	flags: uint32(4),
	pages: uint64(5),
});
/** pagemap_entry.flags, PE_PRESENT: the bytes are in the pages file. */
export const pagePresent = 4;

export const fileLock = message('file_lock_entry', {
	/** FL_POSIX 1, FL_FLOCK 2, FL_OFDLCK 4 …: criu/include/file-lock.h. */
	kind: uint32(1),
	/** F_RDLCK 0, F_WRLCK 1. */
	type: uint32(2),
	pid: int32(3),
	fd: int32(4),
	start: uint64(5),
	/** 0: to the end of the file, however that grows. */
	length: uint64(6),
});
export const memfdInode = message('memfd_inode_entry', {name: bytes(1), size: uint64(4), inodeId: uint64(7)});

export const fdinfo = message('fdinfo_entry', {
	id: uint32(1),
	/** FD_CLOEXEC only; the file's own flags are in its `file_entry`. */
	flags: uint32(2),
	type: uint32(3),
	fd: uint32(4),
});

const regular = message('reg_file_entry', {
	flags: uint32(2),
	pos: uint64(3),
	name: bytes(6),
	size: uint64(8),
	mode: uint32(10),
});
/** Of any socket; absent: its family has no such option. */
export const socketOptions = message('sk_opts_entry', {
	sendBuffer: uint32(1),
	receiveBuffer: uint32(2),
	sendSeconds: uint64(3),
	sendMicroseconds: uint64(4),
	receiveSeconds: uint64(5),
	receiveMicroseconds: uint64(6),
	reuseAddress: bool(7),
	priority: uint32(8),
	receiveLowWater: uint32(9),
	mark: uint32(10),
	passCredentials: bool(11),
	passSecurity: bool(12),
	reusePort: bool(17),
	broadcast: bool(18),
	keepAlive: bool(19),
});
const inetSocket = message('inet_sk_entry', {
	ino: uint32(2),
	family: uint32(3),
	type: uint32(4),
	state: uint32(6),
	sourcePort: uint32(7),
	destinationPort: uint32(8),
	flags: uint32(9),
	/** Network byte order words as they lie in memory, read little-endian. */
	sourceAddress: uint32s(11),
	destinationAddress: uint32s(12),
	options: nested(14, socketOptions),
});
const unixSocket = message('unix_sk_entry', {
	ino: uint32(2),
	type: uint32(3),
	state: uint32(4),
	flags: uint32(5),
	peer: uint32(8),
	options: nested(10, socketOptions),
	name: bytes(11),
});
const pipe = message('pipe_entry', {pipeId: uint32(2), flags: uint32(3)});
const fifo = message('fifo_entry', {pipeId: uint32(2), regularId: uint32(3)});
const memfd = message('memfd_file_entry', {flags: uint32(2), pos: uint64(3), inodeId: uint32(5)});
const watch = message('eventpoll_tfd_entry', {fd: uint32(2), events: uint32(3), data: uint64(4)});
const epoll = message('eventpoll_file_entry', {flags: uint32(2), watches: nestedList(4, watch)});
const eventfd = message('eventfd_file_entry', {flags: uint32(2), count: uint64(4)});
const signalfd = message('signalfd_entry', {flags: uint32(2), signals: uint64(4)});
const timerfd = message('timerfd_entry', {
	flags: uint32(2),
	clock: uint32(4),
	ticks: uint64(5),
	setFlags: uint32(6),
	seconds: uint64(7),
	nanoseconds: uint64(8),
	intervalSeconds: uint64(9),
	intervalNanoseconds: uint64(10),
});
/** Kinds of which only the status flags matter here; each names its own field for them. */
const flagsAt = (name: string, number: number) => message(name, {flags: uint32(number)});
const netlinkSocket = message('netlink_sk_entry', {ino: uint32(2), protocol: uint32(3), flags: uint32(6)});
const packetSocket = message('packet_sock_entry', {type: uint32(2), flags: uint32(4)});

/** A file that had no name any more when it was dumped (remap-fpath.img). */
export const remap = message('remap_file_path_entry', {originalId: uint32(1), remapId: uint32(2)});
const control = message('scm_entry', {type: uint32(1), rights: uint32s(2)});
/** One packet that waits in a socket (sk-queues.img); `length` bytes of data follow it. */
export const packet = message('sk_packet_entry', {
	/** The socket's id in files.img. */
	idFor: uint32(1),
	length: uint32(2),
	/** Control data: ids of the files that it carries. */
	scm: nestedList(4, control),
});

/** An entry of files.img: which of the nested messages is set follows from the type. */
export const file = message('file_entry', {
	type: uint32(1),
	id: uint32(2),
	regular: nested(3, regular),
	inet: nested(4, inetSocket),
	packet: nested(6, packetSocket),
	netlink: nested(7, netlinkSocket),
	eventfd: nested(8, eventfd),
	epoll: nested(9, epoll),
	signalfd: nested(10, signalfd),
	timerfd: nested(12, timerfd),
	inotify: nested(13, flagsAt('inotify_file_entry', 2)),
	fanotify: nested(14, flagsAt('fanotify_file_entry', 2)),
	unix: nested(16, unixSocket),
	fifo: nested(17, fifo),
	pipe: nested(18, pipe),
	tty: nested(19, flagsAt('tty_file_entry', 3)),
	memfd: nested(20, memfd),
	pidfd: nested(22, message('pidfd_entry', {flags: uint32(3), nspid: int32(4)})),
});
/** What the processor says of itself: its CPUID words, in an order of CRIU's own. */
const x86Processor = message('cpuinfo_x86_entry', {capabilities: uint32s(6)});
export const processor = message('cpuinfo_entry', {x86: nestedList(1, x86Processor)});
