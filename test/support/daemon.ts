import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {temporaryFolder} from './compile.js';

export interface TestDaemon {
	/** All of its addresses, as it printed them. */
	address: string;
	dir: string;
	pid: number;
	stop(): Promise<void>;
}

/**
 * A dbus-daemon with its own configuration, for what `testBus` does not offer: other transports, other policies.
 * @param listen addresses; `DIR` in them is its folder.
 */
export async function startDaemon(
	t: ExecutionContext,
	{
		listen = ['unix:path=DIR/bus'],
		policy = '',
		more = '',
	}: {listen?: string[]; policy?: string; more?: string},
	dir = temporaryFolder(t),
): Promise<TestDaemon> {
	const config = path.join(dir, 'bus.conf');
	fs.writeFileSync(
		config,
		`<busconfig><type>system</type>
		${listen.map((one) => `<listen>${one.replaceAll('DIR', dir)}</listen>`).join('')}
		<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
		<allow receive_sender="*"/>${policy}</policy>${more}</busconfig>`,
	);
	const daemon = spawn(
		'dbus-daemon',
		[`--config-file=${config}`, '--nofork', '--nosyslog', '--print-address'],
		{env: {...process.env, XDG_RUNTIME_DIR: dir}, stdio: ['ignore', 'pipe', 'ignore']},
	);
	const stop = async (): Promise<void> => {
		if (daemon.exitCode !== null || daemon.signalCode !== null) return;
		const ended = once(daemon, 'exit');
		daemon.kill('SIGKILL');
		await ended;
	};
	t.teardown(stop);
	const [line] = (await once(daemon.stdout, 'data')) as [Buffer];
	return {address: line.toString().trim(), dir, pid: daemon.pid as number, stop};
}
