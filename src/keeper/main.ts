import {text} from 'node:stream/consumers';
import {Fault} from '../common/fault.js';
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

const config = JSON.parse(await text(process.stdin)) as KeeperConfig;
try {
	await Keeper.start(config, () => process.exit(0));
	process.stdout.write(`${readyLine}\n`);
} catch (error) {
	const fault = error instanceof Fault ? error : new Fault('internal', {detail: String(error)});
	process.stdout.write(`${JSON.stringify(fault)}\n`);
	process.exitCode = fault.exitCode;
}
