import {closeSync, openSync, readlinkSync} from 'node:fs';
import {call} from './library.js';

/** CLONE_NEWNET, <linux/sched.h>. */
const NETWORK_NAMESPACE = 0x40000000;
/** ioctl that returns a descriptor of the socket's namespace, <linux/sockios.h>. */
const SIOCGSKNS = 0x894c;

/** The network namespace of a process as text, `net:[4026531833]`. @throws ENOENT: no such process; EACCES. */
export function networkNamespace(pid: number | 'self'): string {
	return readlinkSync(`/proc/${pid}/ns/net`);
}

/**
 * Runs a synchronous function with this thread inside the network namespace of process `pid`. What it opens
 * there stays there; everything else in this program is elsewhere (a namespace belongs to a thread).
 * @throws SystemCallError EPERM: needs CAP_SYS_ADMIN.
 */
export function inNetworkNamespaceOf<Result>(pid: number, work: () => Result): Result {
	if (networkNamespace(pid) === networkNamespace('self')) return work();
	return inNetworkNamespace(() => openSync(`/proc/${pid}/ns/net`, 'r'), work);
}

/** As `inNetworkNamespaceOf`, in the one that a socket of ours was made in, which may have no process any more. */
export function inNetworkNamespaceOfSocket<Result>(socket: number, work: () => Result): Result {
	return inNetworkNamespace(() => call('ioctl', socket, SIOCGSKNS, Buffer.alloc(0)), work);
}

function inNetworkNamespace<Result>(open: () => number, work: () => Result): Result {
	const home = openSync('/proc/thread-self/ns/net', 'r');
	try {
		const there = open();
		try {
			call('setns', there, NETWORK_NAMESPACE);
		} finally {
			closeSync(there);
		}
		try {
			return work();
		} finally {
			// If this failed we would go on in a foreign namespace; the error then must reach the top.
			call('setns', home, NETWORK_NAMESPACE);
		}
	} finally {
		closeSync(home);
	}
}
