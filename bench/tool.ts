import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import type {PrivateBus} from '../src/dbus/private-bus.js';

/** The program as it is built and installed. */
export const program = path.resolve(import.meta.dirname, '../dist/cli/main.js');

/** What it needs to work on the private bus, its keepers and checkpoints included. */
export function toolArguments(bus: PrivateBus): string[] {
	return [program, '--address', bus.address, '--state-dir', path.join(bus.dir, 'state')];
}

/** Runs one of our commands to its end; throws with its words when it fails. @returns what it prints as JSON. */
export async function runTool<Result>(bus: PrivateBus, args: readonly string[]): Promise<Result> {
	const child = spawn(process.execPath, [...toolArguments(bus), '--json', ...args], {
		env: {...process.env, ...bus.env},
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const [out, said, [code]] = await Promise.all([
		text(child.stdout),
		text(child.stderr),
		once(child, 'close'),
	]);
	if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}\n${out}${said}`);
	return JSON.parse(out) as Result;
}
