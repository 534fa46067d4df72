import {readdirSync, type Stats, statSync} from 'node:fs';
import type {FdKind, FdSnapshot} from '../context/model.js';
import {fdState, infoField, parseLocks} from './fd-state.js';
import {ifReadable, readLink, readText} from './read.js';
import {watchesAreLost} from './watches.js';

/**
 * Every descriptor of a process, ascending, and the locks on their files. `socket` is not filled in here: see
 * `SocketTable`.
 * @param quick without looking at mounts.
 */
export function readFds(pid: number, quick = false): {fds: FdSnapshot[]; locks: string[]} {
	const locks = new Set<string>();
	const mounts = quick ? undefined : new VisibleMounts(pid);
	const fds = fdNumbers(pid).flatMap((fd) => readFd(pid, fd, locks, mounts) ?? []);
	return {fds, locks: [...locks].sort()};
}

/** The numbers of all open descriptors of a process, ascending; empty if we may not look. */
export function fdNumbers(pid: number): number[] {
	const names = ifReadable(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
	return names.map(Number).sort((a, b) => a - b);
}

/** Whether the process has this very socket open. */
export function holdsSocket(pid: number, inode: number): boolean {
	return fdOfSocket(pid, inode) !== undefined;
}

/** The process's lowest number of this very socket. */
export function fdOfSocket(pid: number, inode: number): number | undefined {
	return fdNumbers(pid).find((fd) => readLink(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
}

function readFd(
	pid: number,
	fd: number,
	locks: Set<string>,
	mounts: VisibleMounts | undefined,
): FdSnapshot | undefined {
	const path = `/proc/${pid}/fd/${fd}`;
	const target = readLink(path);
	const info = readText(`/proc/${pid}/fdinfo/${fd}`);
	if (target === undefined || info === undefined) return undefined;
	const named = kindByTarget(target);
	const stat = named ? undefined : ifReadable(() => statSync(path));
	const kind = named ?? (stat ? kindByStat(stat) : 'other');
	const flags = infoField(info, 'flags') ?? '0';
	const snapshot: FdSnapshot = {fd, kind, target, flags, ...fdState(kind, info)};
	const own = parseLocks(info);
	for (const lock of own) locks.add(`${lock} ${target}`);
	if (own.length > 0) snapshot.locks = [...new Set(own.map((lock) => lock.split(' ', 1)[0] ?? ''))].sort();
	// The kernel's own file systems have a mount that nobody sees.
	const isOnMount = target.startsWith('/') && kind !== 'memfd';
	if (mounts && isOnMount && !mounts.has(infoField(info, 'mnt_id'))) snapshot.hidden = true;
	if (mounts && kind === 'inotify' && watchesAreLost(pid, info)) snapshot.hidden = true;
	if (kind === 'file' && stat?.nlink === 0) snapshot.unlinkedBytes = stat.size;
	if (kind === 'file' || kind === 'directory' || kind === 'memfd') {
		snapshot.pos = Number(infoField(info, 'pos') ?? 0);
	}
	const inode = stat?.ino ?? inodeIn(target) ?? Number(infoField(info, 'ino') ?? 0);
	if (kind === 'pidfd') snapshot.ofPid = Number(infoField(info, 'Pid') ?? -1);
	// All anonymous inodes (epoll, eventfd …) share one, which says nothing.
	if (inode !== 0 && !target.startsWith('anon_inode:')) snapshot.inode = inode;
	return snapshot;
}

/** The mounts of the namespace that a process lives in; read when first asked for. */
class VisibleMounts {
	#ids: Set<string> | undefined;

	/** One in a chroot is shown only those below it; if it is our namespace, we see all. */
	#read(): string[] {
		const [theirs, ours] = [this.pid, 'self'].map((pid) => readLink(`/proc/${pid}/ns/mnt`));
		return (readText(`/proc/${theirs === ours ? 'self' : this.pid}/mountinfo`) ?? '').split('\n');
	}

	constructor(private readonly pid: number) {}

	/** Also what we cannot tell counts as visible. */
	has(id: string | undefined): boolean {
		this.#ids ??= new Set(this.#read().map((line) => line.split(' ', 1)[0] ?? ''));
		return id === undefined || this.#ids.size <= 1 || this.#ids.has(id);
	}
}

/** `socket:[N]` → N */
export function inodeIn(target: string): number | undefined {
	const digits = /^\w+:\[(\d+)\]$/.exec(target)?.[1];
	return digits === undefined ? undefined : Number(digits);
}

/** What the kernel calls its anonymous inodes; some with brackets, some without, depending on the version. */
const anonymous: Record<string, FdKind> = {
	eventpoll: 'epoll',
	eventfd: 'eventfd',
	timerfd: 'timerfd',
	signalfd: 'signalfd',
	inotify: 'inotify',
	pidfd: 'pidfd',
	io_uring: 'io_uring',
};

function kindByTarget(target: string): FdKind | undefined {
	if (target.startsWith('socket:[')) return 'socket';
	if (target.startsWith('pipe:[')) return 'pipe';
	if (target.startsWith('pidfd:[')) return 'pidfd';
	if (target.startsWith('/memfd:')) return 'memfd';
	if (!target.startsWith('anon_inode:')) return undefined;
	const name = target.slice('anon_inode:'.length).replace(/^\[(.*)\]$/, '$1');
	return anonymous[name] ?? 'other';
}

function kindByStat(stat: Stats): FdKind {
	if (stat.isFile()) return 'file';
	if (stat.isDirectory()) return 'directory';
	if (stat.isFIFO()) return 'fifo';
	if (stat.isCharacterDevice()) return isTerminal(stat.rdev) ? 'tty' : 'device';
	return stat.isBlockDevice() ? 'device' : 'other';
}

/** Major numbers of the kernel's devices.txt: 4 virtual consoles and serial lines, 5 /dev/tty and console, 136–143 pts. */
function isTerminal(device: number): boolean {
	// glibc's encoding of dev_t: bits 8–19 of a small number.
	const major = (device >>> 8) & 0xfff;
	return major === 4 || major === 5 || (major >= 136 && major <= 143);
}
