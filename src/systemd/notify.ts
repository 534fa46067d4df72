import {Fault} from '../common/fault.js';
import {closeFd} from '../kernel/descriptor.js';
import {SystemCallError} from '../kernel/errors.js';
import {connectUnix, newUnixSocket} from '../kernel/socket.js';
import {sendAs} from '../kernel/socket-messages.js';

/** Where systemd hears what services say of themselves, sd_notify(3). */
const notifySocket = '/run/systemd/notify';

/**
 * Says something of a unit in the name of its process `pid`: systemd counts a message to the unit of its sender, and
 * most units let nobody but their main process speak. It is not answered: look whether it had an effect.
 * Throws `no-systemd`.
 */
export function notifyAs(pid: number, lines: readonly string[]): void {
	const fd = newUnixSocket('dgram');
	try {
		connectUnix(fd, notifySocket);
		sendAs(fd, pid, Buffer.from(lines.join('\n')));
	} catch (error) {
		if (!(error instanceof SystemCallError)) throw error;
		throw new Fault('no-systemd', {reason: error.code}, {cause: error});
	} finally {
		closeFd(fd);
	}
}
