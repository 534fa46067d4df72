import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Readable, Writable} from 'node:stream';
import {Fault} from '../common/fault.js';

/** A dbus-daemon of our own, of type *system*, in a folder that nobody else can enter. */
export interface PrivateBus {
	/** As the daemon printed it, with its guid: `unix:path=/tmp/dbusfreeze-Ab3x9Q/bus,guid=…`. */
	address: string;
	/** Of the dbus-daemon. */
	pid: number;
	/** Mode 0700; removed by `stop`. Logs of services go here. */
	dir: string;
	/**
	 * What a program needs in its environment to be a client of this bus *and* to be ended with it, under
	 * whatever pid and parent it lives then: a thawed service is no child of ours any more.
	 */
	env: {DBUS_SYSTEM_BUS_ADDRESS: string; DBUSFREEZE_PRIVATE_BUS: string};
	/**
	 * Ends every process that carries `env`, then the daemon, then the folder. Also happens by itself when
	 * this process ends in any way, SIGKILL included. May be called again.
	 */
	stop(): Promise<void>;
}

/**
 * The policy of a system bus that lets everybody do everything, as a debugger's playground needs.
 * @param more elements of a busconfig that come last, so that they win.
 */
function configuration(socket: string, more: string): string {
	return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
	<type>system</type>
	<listen>unix:path=${socket}</listen>
	<auth>EXTERNAL</auth>
	<policy context="default">
		<allow user="*"/>
		<allow own="*"/>
		<allow send_destination="*" eavesdrop="true"/>
		<allow receive_sender="*" eavesdrop="true"/>
	</policy>
${more}</busconfig>
`;
}

/**
 * Waits until its stdin ends, which is when its starter stops it or is gone, and then cleans up. It looks for
 * processes by an exact line of their initial environment, because CRIU brings that back with the process,
 * while pids may be taken by others. Bounded: 100 rounds of 50 ms for processes that die slowly.
 */
const warden = `
trap '' HUP INT QUIT TERM
read -r line
for round in $(seq 100); do
	found=$(grep -lzxF -e "$1" /proc/[0-9]*/environ 2>/dev/null)
	[ -n "$found" ] || break
	for environ in $found; do
		pid=\${environ#/proc/}
		kill -KILL "\${pid%/environ}" 2>/dev/null
	done
	[ "$round" = 1 ] || sleep 0.05
done
rm -rf "$2"
`;

function startWarden(mark: string, dir: string): ChildProcess & {stdin: Writable} {
	const child = spawn('/bin/sh', ['-c', warden, 'dbusfreeze-warden', mark, dir], {
		cwd: '/',
		detached: true,
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	child.unref();
	(child.stdin as Writable & {unref?: () => void}).unref?.();
	return child as ChildProcess & {stdin: Writable};
}

/** The first line that the daemon prints is its address; it prints it when it listens. */
async function firstLine(stream: Readable): Promise<string | undefined> {
	let text = '';
	for await (const chunk of stream) {
		text += String(chunk);
		const end = text.indexOf('\n');
		if (end !== -1) return text.slice(0, end);
	}
	return undefined;
}

async function startDaemon(dir: string, mark: string, more: string): Promise<{address: string; pid: number}> {
	const socket = path.join(dir, 'bus');
	const config = path.join(dir, 'bus.conf');
	const logPath = path.join(dir, 'dbus-daemon.log');
	fs.writeFileSync(config, configuration(socket, more), {mode: 0o600});
	const log = fs.openSync(logPath, 'a', 0o600);
	const child = spawn(
		'dbus-daemon',
		[`--config-file=${config}`, '--nofork', '--nopidfile', '--nosyslog', '--print-address=3'],
		{
			cwd: '/',
			detached: true,
			env: {PATH: process.env.PATH, DBUSFREEZE_PRIVATE_BUS: mark},
			stdio: ['ignore', log, log, 'pipe'],
		},
	);
	fs.closeSync(log);
	let failure: Error | undefined;
	child.once('error', (error) => {
		failure = error;
	});
	const output = child.stdio[3] as Readable & {unref?: () => void};
	const address = await firstLine(output);
	if (address === undefined || child.pid === undefined) {
		const reason = failure?.message ?? fs.readFileSync(logPath, 'utf8').trim();
		throw new Fault('bus-unreachable', {address: `unix:path=${socket}`, reason});
	}
	child.unref();
	output.destroy();
	return {address, pid: child.pid};
}

/**
 * Starts a real dbus-daemon and waits until it listens. `dir` is the folder in which the bus's own folder is
 * made (default: the system's temporary folder; a socket path may be 107 bytes long at most);
 * `configuration` is more of a busconfig, e.g. a `<servicedir>` or a policy that is stricter than ours.
 * Throws `bus-unreachable` with the daemon's own words when it does not start.
 */
export async function startPrivateBus(
	options: {dir?: string; configuration?: string} = {},
): Promise<PrivateBus> {
	const dir = fs.mkdtempSync(path.join(options.dir ?? os.tmpdir(), 'dbusfreeze-'));
	const guard = startWarden(`DBUSFREEZE_PRIVATE_BUS=${dir}`, dir);
	let stopped: Promise<void> | undefined;
	const stop = () => {
		stopped ??= (async () => {
			const ended = once(guard, 'exit');
			guard.ref();
			guard.stdin.end();
			await ended;
		})();
		return stopped;
	};
	try {
		const {address, pid} = await startDaemon(dir, dir, options.configuration ?? '');
		return {
			address,
			pid,
			dir,
			env: {DBUS_SYSTEM_BUS_ADDRESS: address, DBUSFREEZE_PRIVATE_BUS: dir},
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}
