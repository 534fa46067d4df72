import {setTimeout as delay} from 'node:timers/promises';
import {closeFd, isReadable} from '../../kernel/descriptor.js';
import {readMemory} from '../../kernel/memory.js';
import {duplicateFd, openPidfd} from '../../kernel/pidfd.js';
import {readStat} from '../../kernel/proc-stat.js';
import {unsentBytes} from '../../kernel/socket.js';
import {fdNumbers, inodeIn} from '../../process/fds.js';
import {ifReadable, readLink, readText} from '../../process/read.js';
import {syscallName} from '../../process/syscalls.js';
import {parseSyscallFile} from '../../process/threads.js';
import {threadIds} from '../../process/tree.js';

/**
 * Whether a stopped service has written its last message to the end, as far as can be proved from outside.
 * - `whole`: a thread waits for this socket in its event loop and does not want to write.
 * - `unread`: the daemon has not read everything yet, and the socket may end in the middle of a message.
 * - `half`: a thread is writing to it, or waits for room to write on.
 * - `unproved`: no thread waits for it (it was at work when it was stopped), or one waits in a way that does
 *   not tell (edge-triggered, with events that it has not seen yet).
 * Only `whole` allows to write in the service's place: inside of a message the daemon would take our bytes
 * for a part of it.
 */
export type OutgoingState = 'whole' | 'unread' | 'half' | 'unproved';

const POLLOUT = 0x4;
const POLLWRNORM = 0x100;
/** <sys/epoll.h>; EPOLLOUT is POLLOUT. */
const EPOLLET = 0x8000_0000;
/** struct pollfd {int fd; short events; short revents} */
const pollEntryBytes = 8;
/** More descriptors than this in one poll() are no poll: `restart_syscall` keeps the arguments of any call. */
const mostPolled = 65_536;

const writes = new Set(['write', 'writev', 'sendto', 'sendmsg', 'sendmmsg', 'sendfile', 'splice']);

/**
 * The kernel accepts a part of a message only when the socket is full. Libraries then wait for room in their
 * event loop. So a loop that waits for the socket, and for room in it not, has nothing left to write.
 * @param fd our duplicate of the socket, `inode` its number.
 * @param pids the stopped tree. Stopped: seized by criu, or by SIGSTOP.
 * @param readLimitMs how long the daemon may take to read what the service wrote last, milliseconds.
 */
export async function outgoingState(
	fd: number,
	inode: number,
	pids: readonly number[],
	readLimitMs: number,
): Promise<OutgoingState> {
	const end = performance.now() + readLimitMs;
	while (unsentBytes(fd) > 0) {
		if (performance.now() > end) return 'unread';
		await delay(1);
	}
	const interests = pids.flatMap((pid) => interestsOf(pid, inode));
	if (interests.includes('writes')) return 'half';
	if (interests.includes('unknown')) return 'unproved';
	return interests.includes('reads') ? 'whole' : 'unproved';
}

/** What a thread does with the socket: writes or waits for room; only waits for bytes; nobody can say. */
type Interest = 'writes' | 'reads' | 'unknown';

function interestsOf(pid: number, inode: number): Interest[] {
	const fds = new Set(fdNumbers(pid).filter((fd) => inodeOf(pid, fd) === inode));
	if (fds.size === 0) return [];
	return threadIds(pid).flatMap((tid) => interestOf(pid, tid, fds) ?? []);
}

function inodeOf(pid: number, fd: number): number | undefined {
	const target = readLink(`/proc/${pid}/fd/${fd}`);
	return target?.startsWith('socket:[') ? inodeIn(target) : undefined;
}

/** Undefined: the thread sleeps in something that has nothing to do with the socket. */
function interestOf(pid: number, tid: number, fds: ReadonlySet<number>): Interest | undefined {
	const folder = `/proc/${pid}/task/${tid}`;
	const position = parseSyscallFile(readText(`${folder}/syscall`) ?? '');
	const call = position?.syscall;
	// Not in the kernel: it was at work, perhaps between two writes. A thread that has ended writes nothing.
	if (!call) return isOver(tid) ? undefined : 'unknown';
	const [first = 0n, second = 0n, third = 0n] = call.args.map(BigInt);
	const name = syscallName(call.nr);
	if (writes.has(name)) return fds.has(Number(first)) ? 'writes' : undefined;
	if (name === 'poll' || name === 'ppoll' || name === 'restart_syscall')
		return polled(pid, first, Number(second), fds);
	if (name === 'select' || name === 'pselect6') return selected(pid, Number(first), second, third, fds);
	if (name.startsWith('epoll_wait') || name.startsWith('epoll_pwait'))
		return epolled(pid, Number(first), fds);
	return undefined;
}

function isOver(tid: number): boolean {
	const state = readStat(tid)?.state ?? 'X';
	return state === 'Z' || state === 'X';
}

function polled(pid: number, address: bigint, count: number, fds: ReadonlySet<number>): Interest | undefined {
	if (count === 0 || count > mostPolled) return undefined;
	const entries = ifReadable(() => readMemory(pid, address, count * pollEntryBytes));
	let interest: Interest | undefined;
	for (let at = 0; entries && at + pollEntryBytes <= entries.length; at += pollEntryBytes) {
		if (!fds.has(entries.readInt32LE(at))) continue;
		if ((entries.readUInt16LE(at + 4) & (POLLOUT | POLLWRNORM)) !== 0) return 'writes';
		interest = 'reads';
	}
	return interest;
}

/** The sets are bit fields of 64-bit words; little-endian bytes, so bit n is in byte n / 8. */
function selected(
	pid: number,
	count: number,
	readSet: bigint,
	writeSet: bigint,
	fds: ReadonlySet<number>,
): Interest | undefined {
	const bytes = Math.ceil(count / 64) * 8;
	const has = (set: bigint) => {
		const bits = set === 0n ? undefined : ifReadable(() => readMemory(pid, set, bytes));
		return [...fds].some((fd) => fd < count && ((bits?.[fd >> 3] ?? 0) & (1 << (fd & 7))) !== 0);
	};
	return has(writeSet) ? 'writes' : has(readSet) ? 'reads' : undefined;
}

/** fdinfo of an epoll descriptor: `tfd:  5 events:  19 data: …`, the events in hexadecimal. */
function epolled(pid: number, epoll: number, fds: ReadonlySet<number>): Interest | undefined {
	const info = readText(`/proc/${pid}/fdinfo/${epoll}`) ?? '';
	const entries = [...info.matchAll(/^tfd:\s*(\d+) events:\s*([0-9a-f]+)/gm)];
	const events = entries
		.filter(([, fd]) => fds.has(Number(fd)))
		.reduce((all, [, , mask]) => all | Number.parseInt(mask ?? '0', 16), 0);
	if (events === 0) return undefined;
	if ((events & POLLOUT) === 0) return 'reads';
	if ((events & EPOLLET) === 0) return 'writes';
	// Go's and Rust's loops always ask for both edges. As everything was read, the edge "there is room" is past:
	// if no event is left to be seen, they have seen it and written on.
	return hasPendingEvents(pid, epoll) ? 'unknown' : 'reads';
}

function hasPendingEvents(pid: number, epoll: number): boolean {
	const pidfd = openPidfd(pid);
	try {
		const copy = duplicateFd(pidfd, epoll);
		try {
			return isReadable(copy);
		} finally {
			closeFd(copy);
		}
	} finally {
		closeFd(pidfd);
	}
}
