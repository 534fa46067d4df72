import {SystemCallError} from '../kernel/errors.js';
import type {StoppedThread} from '../kernel/ptrace.js';
import {unixAddress} from '../kernel/socket-address.js';
import {parseCredentials} from './credentials.js';
import {callWithin, type SystemCall, syscallAddress} from './injected-call.js';
import {readText} from './read.js';
import {whileThreadStands} from './stopped-thread.js';

/** As whom a process connects: what the kernel notes for the other side. */
export interface ConnectingUser {
	uid: number;
	gid: number;
	groups: readonly number[];
}

// <asm/unistd_64.h>
const connectNumber = 42;
const setgroupsNumber = 116;
const setresuidNumber = 117;
const setresgidNumber = 119;
// <asm-generic/errno-base.h>
const EPERM = 1;
/** An id that is not to be changed. */
const same = -1n;

/**
 * Makes a process connect a socket of its own, because the kernel notes who calls connect(2). Its main thread does
 * it as another user where it is one yet, which it must be allowed to become, and is who it was afterwards.
 * @param fd its number of the socket, which must not wait.
 * @param path as the process sees it; an abstract name begins with NUL.
 * @throws SystemCallError as connect(2): EAGAIN when those who wait to be accepted are too many; EPERM also when
 * the process cannot be stopped.
 */
export function connectWithin(pid: number, fd: number, path: string, user: ConnectingUser): void {
	const own = parseCredentials(readText(`/proc/${pid}/status`) ?? '');
	const instruction = syscallAddress(pid);
	if (!own || instruction === undefined) throw new SystemCallError('ptrace', EPERM);
	const self = {uid: own.euid, gid: own.egid, groups: own.groups};
	const address = unixAddress(path);
	const isDone = whileThreadStands(pid, (thread) => {
		const all = (steps: readonly Step[]) => {
			for (const step of steps) perform(thread, instruction, step);
		};
		try {
			all(changes(self, user));
			const size = BigInt(address.length);
			const args = (memory: bigint) => [BigInt(fd), memory, size];
			perform(thread, instruction, {
				name: 'connect',
				number: connectNumber,
				memory: address,
				arguments: args,
			});
		} finally {
			// The other way round: only root may change groups.
			all(changes(user, self).reverse());
		}
		return true;
	});
	if (!isDone) throw new SystemCallError('ptrace', EPERM);
}

interface Step extends SystemCall {
	name: string;
}

function perform(thread: StoppedThread, instruction: bigint, step: Step): void {
	const result = callWithin(thread, instruction, step);
	if (result < 0) throw new SystemCallError(step.name, -result);
}

/** Only of the effective ids, so that the process may always go back. */
function changes(from: ConnectingUser, to: ConnectingUser): Step[] {
	const steps: Step[] = [];
	const nothing = Buffer.alloc(0);
	if (!isSame(from.groups, to.groups)) {
		const list = Buffer.from(Uint32Array.from(to.groups).buffer);
		const number = setgroupsNumber;
		const count = BigInt(to.groups.length);
		steps.push({name: 'setgroups', number, memory: list, arguments: (memory) => [count, memory]});
	}
	const ids = (id: number) => () => [same, BigInt(id), same];
	if (from.gid !== to.gid)
		steps.push({name: 'setresgid', number: setresgidNumber, memory: nothing, arguments: ids(to.gid)});
	if (from.uid !== to.uid)
		steps.push({name: 'setresuid', number: setresuidNumber, memory: nothing, arguments: ids(to.uid)});
	return steps;
}

function isSame(some: readonly number[], others: readonly number[]): boolean {
	const [one, other] = [some, others].map((ids) => [...ids].sort((a, b) => a - b).join());
	return one === other;
}
