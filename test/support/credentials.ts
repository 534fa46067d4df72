import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {driver} from '../../src/dbus/calls.js';
import {HeldWriter} from '../../src/dbus/held/writer.js';
import {Line} from '../../src/dbus/reconnect/line.js';
import {socketPaths} from '../../src/dbus/reconnect/places.js';
import {field, Header} from '../../src/dbus/wire/header.js';
import {Variant} from '../../src/dbus/wire/reader.js';
import {closeFd} from '../../src/kernel/descriptor.js';
import {connectUnix, newUnixSocket} from '../../src/kernel/socket.js';
import {infoField} from '../../src/process/fd-state.js';

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

function seen(entries: Iterable<[string, unknown]>, fds: number[]): SeenCredentials {
	const all = new Map<string, unknown>();
	for (const [key, value] of entries) all.set(key, value instanceof Variant ? value.value : value);
	const told: SeenCredentials = {};
	for (const key of ['ProcessID', 'UnixUserID', 'UnixGroupIDs'] as const)
		if (all.has(key)) Object.assign(told, {[key]: all.get(key)});
	const pidfd = fds[Number(all.get('ProcessFD') ?? -1)];
	if (pidfd !== undefined)
		told.ProcessFD = Number(infoField(fs.readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8'), 'Pid'));
	for (const one of fds) closeFd(one);
	return told;
}
