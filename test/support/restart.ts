import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {until} from './bus.js';

/** Ends the daemon of a private bus without a word. */
export async function endDaemon({pid}: PrivateBus): Promise<void> {
	process.kill(pid, 'SIGKILL');
	await until(() => !fs.existsSync(`/proc/${pid}/exe`), 'the daemon is gone');
}

/** Starts another daemon at the same address; it ends with the bus. @returns the bus as it is now. */
export async function restartDaemon(bus: PrivateBus): Promise<PrivateBus> {
	fs.rmSync(path.join(bus.dir, 'bus'), {force: true});
	const child = spawn(
		'dbus-daemon',
		[
			`--config-file=${path.join(bus.dir, 'bus.conf')}`,
			'--nofork',
			'--nopidfile',
			'--nosyslog',
			'--print-address=1',
		],
		{env: {...process.env, DBUSFREEZE_PRIVATE_BUS: bus.dir}, stdio: ['ignore', 'pipe', 'ignore']},
	);
	const [line] = (await once(child.stdout, 'data')) as [Buffer];
	const address = line.toString().trim();
	return {
		...bus,
		address,
		pid: child.pid ?? 0,
		env: {...bus.env, DBUS_SYSTEM_BUS_ADDRESS: address.replace(/,guid=.*/, '')},
	};
}
