import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import type {PrivateBus} from '../src/dbus/private-bus.js';

/** The program as it is built and installed. */
export const program = path.resolve(import.meta.dirname, '../dist/cli/main.js');

/** What it needs to work on the private bus, its keepers and checkpoints included. */
export function toolArguments(bus: PrivateBus): string[] {
	return [program, '--address', bus.address, '--state-dir', path.join(bus.dir, 'state')];
}

/** Runs one of our commands to its end; throws with its words when it fails. */
export async function runTool(bus: PrivateBus, args: readonly string[]): Promise<void> {
	const child = spawn(process.execPath, [...toolArguments(bus), ...args], {
		env: {...process.env, ...bus.env},
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let said = '';
	child.stderr?.on('data', (data) => {
		said += data;
	});
	const [code] = await once(child, 'close');
	if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}\n${said}`);
}
