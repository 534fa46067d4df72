import {setTimeout as delay} from 'node:timers/promises';
import {O_NONBLOCK, setStatusFlags} from '../../kernel/descriptor.js';
import {SystemCallError} from '../../kernel/errors.js';
import {newUnixSocket} from '../../kernel/socket.js';
import {type ConnectingUser, connectWithin} from '../../process/connect-within.js';
import {firstPlace} from './places.js';

/** A daemon that is alive accepts whoever waits within milliseconds. */
const acceptLimitMs = 5000;
const lookMs = 1;

/** A socket for a process that does not run yet: it inherits it, and connects it. The caller closes it. */
export function unconnectedSocket(): number {
	const fd = newUnixSocket();
	// Nobody may wait inside a process that stands still.
	setStatusFlags(fd, O_NONBLOCK);
	return fd;
}

/**
 * Connects to the bus from within the process that has the connection, so that the daemon sees that very process, also
 * when it asks later. Nothing was said on it yet.
 * @param fd the process's number of an `unconnectedSocket`.
 * @throws Fault `bus-unreachable` with the last entry's reason.
 */
export async function connectRestored(
	address: string,
	pid: number,
	fd: number,
	user: ConnectingUser,
): Promise<void> {
	const end = performance.now() + acceptLimitMs;
	await firstPlace(address, async (socketPath) => {
		for (;;) {
			try {
				connectWithin(pid, fd, socketPath, user);
				return {made: true};
			} catch (error) {
				if (!(error instanceof SystemCallError)) throw error;
				if (error.code !== 'EAGAIN' || performance.now() > end) return {reason: error.message};
			}
			await delay(lookMs);
		}
	});
}
