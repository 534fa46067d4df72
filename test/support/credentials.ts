import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {driver} from '../../src/dbus/calls.js';
import {openDaemonEnd} from '../../src/dbus/held/daemon-end.js';
import {HeldWriter} from '../../src/dbus/held/writer.js';
import {Line} from '../../src/dbus/reconnect/line.js';
import {socketPaths} from '../../src/dbus/reconnect/places.js';
import {field, Header} from '../../src/dbus/wire/header.js';
import {Variant} from '../../src/dbus/wire/reader.js';
import {closeFd} from '../../src/kernel/descriptor.js';
import {duplicateFd, openPidfd} from '../../src/kernel/pidfd.js';
import {
	connectUnix,
	getSocketOption,
	newUnixSocket,
	SOL_SOCKET,
	SocketOption,
} from '../../src/kernel/socket.js';
import {infoField} from '../../src/process/fd-state.js';
import {fdNumbers} from '../../src/process/fds.js';
import {readLink} from '../../src/process/read.js';

/** What a daemon says of a connection, GetConnectionCredentials. */
export interface SeenCredentials {
	ProcessID?: number;
	UnixUserID?: number;
	UnixGroupIDs?: number[];
	/** The process that the descriptor means; −1: one that has ended. Absent where the daemon gives none. */
	ProcessFD?: number;
}

/** Asks over a connection that takes descriptors, which dbus-next's cannot. */
export async function credentialsOn(address: string, name: string): Promise<SeenCredentials> {
	const fd = newUnixSocket();
	try {
		connectUnix(fd, socketPaths(address)[0] ?? '');
		const line = await Line.open(fd, address, process.geteuid?.() ?? 0);
		await line.ask('Hello');
		const serial = new HeldWriter(fd).send({
			type: 'call',
			...driver,
			member: 'GetConnectionCredentials',
			signature: 's',
			body: [name],
		});
		for (;;) {
			for (const {bytes, fds} of line.reader.read()) {
				const header = new Header().load(bytes, 0, bytes.length);
				if (header.replySerial !== serial || header.text(field.sender) !== driver.destination) continue;
				return seen(header.body()[0] as Array<[string, unknown]>, fds);
			}
			await delay(1);
		}
	} finally {
		closeFd(fd);
	}
}

/**
 * The process that the kernel has noted for the daemon's side of a program's first connection to it, as the daemon can
 * ask at any time; −1: one that has ended.
 */
export function connectedProcess(pid: number, daemonPid: number): number | undefined {
	const process = openPidfd(pid);
	try {
		for (const number of fdNumbers(pid)) {
			if (!readLink(`/proc/${pid}/fd/${number}`)?.startsWith('socket:')) continue;
			const socket = duplicateFd(process, number);
			const end = openDaemonEnd(socket, daemonPid);
			closeFd(socket);
			if (end === undefined) continue;
			const pidfd = getSocketOption(end.fd, SOL_SOCKET, SocketOption.peerPidfd);
			closeFd(end.fd);
			try {
				if (end.pid === daemonPid) return processOf(pidfd);
			} finally {
				closeFd(pidfd);
			}
		}
		return undefined;
	} finally {
		closeFd(process);
	}
}

function processOf(pidfd: number): number {
	return Number(infoField(fs.readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8'), 'Pid'));
}

function seen(entries: Iterable<[string, unknown]>, fds: number[]): SeenCredentials {
	const all = new Map<string, unknown>();
	for (const [key, value] of entries) all.set(key, value instanceof Variant ? value.value : value);
	const told: SeenCredentials = {};
	for (const key of ['ProcessID', 'UnixUserID', 'UnixGroupIDs'] as const)
		if (all.has(key)) Object.assign(told, {[key]: all.get(key)});
	const pidfd = fds[Number(all.get('ProcessFD') ?? -1)];
	if (pidfd !== undefined) told.ProcessFD = processOf(pidfd);
	for (const one of fds) closeFd(one);
	return told;
}
