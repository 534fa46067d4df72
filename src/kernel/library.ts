import {createRequire} from 'node:module';
import {SystemCallError} from './errors.js';

type Koffi = typeof import('koffi').default;
type Call<Arguments extends unknown[]> = (...args: Arguments) => number;

interface AsyncCall {
	async: (...args: [...unknown[], (error: Error | null, result: number) => void]) => void;
}

/** The C library's functions that this room uses. A Buffer stands for a pointer to its bytes. */
interface CLibrary {
	syscall: Call<[number, ...Array<number | bigint>]>;
	close: Call<[number]>;
	fcntl: Call<[number, number, number]>;
	ioctl: Call<[number, number, Buffer]>;
	poll: Call<[Buffer, number, number]>;
	setns: Call<[number, number]>;
	socket: Call<[number, number, number]>;
	socketpair: Call<[number, number, number, Buffer]>;
	connect: Call<[number, Buffer, number]>;
	getsockopt: Call<[number, number, number, Buffer, Buffer]>;
	setsockopt: Call<[number, number, number, Buffer, number]>;
	getsockname: Call<[number, Buffer, Buffer]>;
	getpeername: Call<[number, Buffer, Buffer]>;
	send: Call<[number, Buffer, number, number]>;
	recv: Call<[number, Buffer, number, number]>;
	recvmsg: Call<[number, Buffer, number]>;
	sendmsg: Call<[number, Buffer, number]>;
	ptrace: Call<[number, number, number, number]>;
	waitpid: Call<[number, Buffer, number]>;
	sched_setscheduler: Call<[number, number, Buffer]>;
}

// Variadic functions (syscall, fcntl, ioctl, ptrace) have fixed prototypes: on x86-64 and arm64 Linux the calling
// convention is the same for integer and pointer arguments.
const prototypes: Record<keyof CLibrary, string> = {
	syscall: 'long syscall(long number, long a, long b, long c, long d, long e, long f)',
	close: 'int close(int fd)',
	fcntl: 'int fcntl(int fd, int command, long argument)',
	ioctl: 'int ioctl(int fd, unsigned long request, void *argument)',
	poll: 'int poll(void *fds, unsigned long count, int timeout)',
	setns: 'int setns(int fd, int kind)',
	socket: 'int socket(int domain, int type, int protocol)',
	socketpair: 'int socketpair(int domain, int type, int protocol, void *pair)',
	connect: 'int connect(int fd, void *address, uint32_t length)',
	getsockopt: 'int getsockopt(int fd, int level, int option, void *value, void *length)',
	setsockopt: 'int setsockopt(int fd, int level, int option, void *value, uint32_t length)',
	getsockname: 'int getsockname(int fd, void *address, void *length)',
	getpeername: 'int getpeername(int fd, void *address, void *length)',
	send: 'long send(int fd, void *data, size_t length, int flags)',
	recv: 'long recv(int fd, void *data, size_t length, int flags)',
	recvmsg: 'long recvmsg(int fd, void *message, int flags)',
	sendmsg: 'long sendmsg(int fd, void *message, int flags)',
	ptrace: 'long ptrace(long request, int pid, long address, long data)',
	waitpid: 'int waitpid(int pid, void *status, int options)',
	sched_setscheduler: 'int sched_setscheduler(int pid, int policy, void *parameter)',
};

let koffi: Koffi | undefined;
let functions: CLibrary | undefined;

/** Loads koffi at the first system call and not before: that costs 7–30 ms. */
function load(): {koffi: Koffi; functions: CLibrary} {
	if (koffi && functions) return {koffi, functions};
	koffi = createRequire(import.meta.url)('koffi') as Koffi;
	// null = the symbols of the running program: Node's own C library, whatever its file is called.
	const library = koffi.load(null);
	const bound: Record<string, unknown> = {};
	for (const [name, prototype] of Object.entries(prototypes)) bound[name] = library.func(prototype);
	functions = bound as unknown as CLibrary;
	return {koffi, functions};
}

/** EINTR's number, the same on every Linux architecture. */
const EINTR = 4;

/**
 * Calls a function of the C library, again when a signal interrupted it. Blocks the event loop: only call
 * what returns at once.
 * @throws SystemCallError when it returns a negative number.
 */
export function call<Name extends keyof CLibrary>(name: Name, ...args: Parameters<CLibrary[Name]>): number {
	const loaded = load();
	const called = loaded.functions[name] as Call<unknown[]>;
	for (;;) {
		const result = Number(called(...args));
		if (result >= 0) return result;
		const errno = loaded.koffi.errno();
		if (errno !== EINTR) throw new SystemCallError(name, errno);
	}
}

/** As `call`, in another thread, for what blocks; without the error's number, which belongs to that thread. */
export function callInThread<Name extends keyof CLibrary>(
	name: Name,
	...args: Parameters<CLibrary[Name]>
): Promise<number> {
	const called = load().functions[name] as unknown as AsyncCall;
	return new Promise((resolve, reject) => {
		called.async(...args, (error, result) => (error ? reject(error) : resolve(Number(result))));
	});
}

/** A system call that the C library may not know, by number; the name is for the error. */
export function systemCall(name: string, number: number, ...args: Array<number | bigint>): number {
	const padded = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6);
	try {
		return call('syscall', number, ...padded);
	} catch (error) {
		throw error instanceof SystemCallError ? new SystemCallError(name, error.errno) : error;
	}
}

/** Calls what not every C library has. @returns undefined where it is missing. */
export function callIfThere(prototype: string, ...args: number[]): number | undefined {
	const {koffi} = load();
	try {
		return Number((koffi.load(null).func(prototype) as Call<number[]>)(...args));
	} catch {
		return undefined;
	}
}

/** The address of a buffer's first byte, valid as long as the buffer is alive. */
export function addressOf(buffer: Buffer): bigint {
	return BigInt(load().koffi.address(buffer));
}
