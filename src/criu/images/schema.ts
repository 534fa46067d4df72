import {bool, bytes, int32, message, nested, nesteds, uint32, uint32s, uint64, uint64s} from './protobuf.js';

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

const x86Thread = message('thread_info_x86', {registers: nested(2, x86Registers)});
const arm64Thread = message('thread_info_aarch64', {registers: nested(3, arm64Registers)});

const credentials = message('creds_entry', {
	uid: uint32(1),
	gid: uint32(2),
	euid: uint32(3),
	egid: uint32(4),
	/** 32 bits each, lowest first. */
	capEff: uint32s(11),
	groups: uint32s(14),
});

const task = message('task_core_entry', {state: uint32(1), exitCode: uint32(2), comm: bytes(6)});
const thread = message('thread_core_entry', {credentials: nested(10, credentials), comm: bytes(13)});

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

export const mm = message('mm_entry', {exeFileId: uint32(12)});
export const fs = message('fs_entry', {cwdId: uint32(1), rootId: uint32(2)});
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
});
const unixSocket = message('unix_sk_entry', {
	ino: uint32(2),
	type: uint32(3),
	state: uint32(4),
	flags: uint32(5),
	peer: uint32(8),
	name: bytes(11),
});
const pipe = message('pipe_entry', {pipeId: uint32(2), flags: uint32(3)});
const fifo = message('fifo_entry', {pipeId: uint32(2), regularId: uint32(3)});
const memfd = message('memfd_file_entry', {flags: uint32(2), pos: uint64(3), inodeId: uint32(5)});
/** Kinds of which only the status flags matter here; each names its own field for them. */
const flagsAt = (name: string, number: number) => message(name, {flags: uint32(number)});
const netlinkSocket = message('netlink_sk_entry', {ino: uint32(2), protocol: uint32(3), flags: uint32(6)});
const packetSocket = message('packet_sock_entry', {type: uint32(2), flags: uint32(4)});

const control = message('scm_entry', {type: uint32(1), rights: uint32s(2)});
/** One packet that waits in a socket (sk-queues.img); `length` bytes of data follow it. */
export const packet = message('sk_packet_entry', {
	/** The socket's id in files.img. */
	idFor: uint32(1),
	length: uint32(2),
	/** Control data: ids of the files that it carries. */
	scm: nesteds(4, control),
});

/** An entry of files.img: which of the nested messages is set follows from the type. */
export const file = message('file_entry', {
	type: uint32(1),
	id: uint32(2),
	regular: nested(3, regular),
	inet: nested(4, inetSocket),
	packet: nested(6, packetSocket),
	netlink: nested(7, netlinkSocket),
	eventfd: nested(8, flagsAt('eventfd_file_entry', 2)),
	epoll: nested(9, flagsAt('eventpoll_file_entry', 2)),
	signalfd: nested(10, flagsAt('signalfd_entry', 2)),
	timerfd: nested(12, flagsAt('timerfd_entry', 2)),
	inotify: nested(13, flagsAt('inotify_file_entry', 2)),
	fanotify: nested(14, flagsAt('fanotify_file_entry', 2)),
	unix: nested(16, unixSocket),
	fifo: nested(17, fifo),
	pipe: nested(18, pipe),
	tty: nested(19, flagsAt('tty_file_entry', 3)),
	memfd: nested(20, memfd),
	pidfd: nested(22, message('pidfd_entry', {flags: uint32(3), nspid: int32(4)})),
});
