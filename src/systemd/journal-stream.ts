import fs from 'node:fs';
import {closeFd} from '../kernel/descriptor.js';
import {SystemCallError} from '../kernel/errors.js';
import {connectUnix, newUnixSocket, SOL_SOCKET, SocketOption, setSocketOption} from '../kernel/socket.js';
import {sendWithFds} from '../kernel/socket-messages.js';

/** Where journald takes the output of services. */
const streamSocket = '/run/systemd/journal/stdout';

/** As much as systemd gives it, so that a service need not wait for the journal (SNDBUF_SIZE in its exec-invoke.c). */
const sendBufferBytes = 8 * 1024 * 1024;

/** SD_DAEMON's LOG_INFO, which systemd gives to standard output. */
const priority = 6;

/**
 * A new connection over which lines go to the journal, as systemd makes one for a service: sd_journal_stream_fd(3).
 * journald believes root what unit they are of.
 * @returns our descriptor, which the caller closes; undefined: there is no journal here.
 */
export function newJournalStream(identifier: string, unit: string): number | undefined {
	if (!fs.existsSync(streamSocket)) return undefined;
	const fd = newUnixSocket();
	try {
		connectUnix(fd, streamSocket);
		setSocketOption(fd, SOL_SOCKET, SocketOption.sendBufferForce, sendBufferBytes);
		// identifier, unit, priority, whether <N> at a line's start is one, forward to syslog, kmsg, console.
		const header = [identifier.replaceAll('\n', ' '), unit, priority, 1, 0, 0, 0, ''].join('\n');
		sendWithFds(fd, Buffer.from(header));
		return fd;
	} catch (error) {
		closeFd(fd);
		if (error instanceof SystemCallError) return undefined;
		throw error;
	}
}
