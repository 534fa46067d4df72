import fs from 'node:fs';
import {text} from 'node:stream/consumers';
import {asFault} from '../session/faults.js';
import {Keeper} from './keeper.js';
import {type KeeperConfig, readyLine} from './protocol.js';

/*
 * The keeper's process. It outlives the terminal it was started from: what it holds dies with it, so the usual
 * ways of ending a background program by accident are refused.
 */
process.title = 'dbusfreeze';
process.umask(0o077);
process.chdir('/');
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'] as const) process.on(signal, () => {});
// A defect of ours is written down, but must not end what is held.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, writeDown);

const config = JSON.parse(await text(process.stdin)) as KeeperConfig;
try {
	await Keeper.start(config, () => process.exit(0));
	process.stdout.write(`${readyLine}\n`);
} catch (error) {
	const fault = asFault(error, 'untouched', config.checkpoint);
	// What was opened before the failure must not keep a useless keeper alive.
	process.stdout.write(`${JSON.stringify(fault)}\n`, () => process.exit(fault.exitCode));
}

/** Not through the stream: its own failure, on a full disk, would be the next exception to be written down. */
function writeDown(error: unknown): void {
	try {
		fs.writeSync(2, `${(error as Error)?.stack ?? error}\n`);
	} catch {
		// What is held matters more.
	}
}
