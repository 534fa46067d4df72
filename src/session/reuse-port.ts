import type {Snapshot, SocketSnapshot} from '../context/model.js';
import type {Numbers} from '../process/numbers.js';
import {setReusePort} from '../process/socket-options.js';

/**
 * CRIU gives every TCP connection SO_REUSEPORT while it makes it anew, and leaves it there. Whoever had it off gets it
 * off again; the process may run meanwhile.
 */
export function restoreReusePort(before: Snapshot | undefined, numbers: Numbers): void {
	for (const {pid, fds} of before?.processes ?? []) {
		const off = fds.filter(
			({socket}) => socket && isConnection(socket) && socket.options?.SO_REUSEPORT === 0,
		);
		setReusePort(
			numbers.here(pid),
			off.map(({fd}) => fd),
			false,
		);
	}
}

function isConnection({family, type, peer}: SocketSnapshot): boolean {
	return /^inet6?$/.test(family) && type === 'stream' && peer !== undefined;
}
