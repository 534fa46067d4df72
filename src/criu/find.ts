import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {Fault, type FaultParams} from '../common/fault.js';
import {type Runner, runCommand} from '../common/runner.js';

export interface CriuBinary {
	path: string;
	/** e.g. "4.2.1" */
	version: string;
}

/** First version that dumps TCP and UDP sockets on kernels from 6.16 on (criu issue 2705). */
export const oldestGoodVersion = [4, 2] as const;

/** Where everything is kept that can be made anew. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
	const cache =
		process.getuid?.() === 0 ? '/var/cache' : env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
	return path.join(cache, 'dbusfreeze');
}

/** Where `npm run setup` puts a private CRIU. */
export function privateCriu(env: NodeJS.ProcessEnv): string {
	return path.join(env.DBUSFREEZE_CRIU_DIR || path.join(cacheFolder(env), 'criu'), 'criu');
}

/**
 * The CRIU to use: the one named by the user, else the system's if it is new enough, else the private one.
 * Throws `no-criu` with everything that was tried and why it would not do.
 */
export async function findCriu(
	named: string | undefined,
	env: NodeJS.ProcessEnv,
	run: Runner = runCommand,
): Promise<CriuBinary> {
	// The keeper, which runs it, lives in another working directory.
	const candidates = named ? [path.resolve(named)] : [...systemCriu(env), privateCriu(env)];
	const tried: FaultParams['no-criu']['tried'] = [];
	for (const candidate of candidates) {
		if (!fs.existsSync(candidate)) {
			tried.push({path: candidate, problem: 'missing'});
			continue;
		}
		const {stdout, exitCode} = await run({command: candidate, args: ['--version']});
		const version = /^Version: (\S+)/m.exec(stdout)?.[1];
		if (exitCode !== 0 || !version) tried.push({path: candidate, problem: 'broken'});
		else if (isGood(version)) return {path: candidate, version};
		else tried.push({path: candidate, problem: 'too-old', version});
	}
	throw new Fault('no-criu', {tried});
}

/**
 * What `criu check` says of this kernel: undefined if all is well, else its complaint. Run once before the
 * first dump, it also fills criu's cache of kernel features, which would cost 25 ms of the process's time.
 */
export async function checkCriu(criu: CriuBinary, run: Runner = runCommand): Promise<string | undefined> {
	const {exitCode, stdout, stderr} = await run({command: criu.path, args: ['check']});
	return exitCode === 0 ? undefined : stderr || stdout || `exit code ${exitCode}`;
}

function* systemCriu(env: NodeJS.ProcessEnv): Generator<string> {
	const folders = new Set([...(env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin']);
	for (const folder of folders) {
		const file = path.join(folder || '.', 'criu');
		if (fs.existsSync(file)) yield file;
	}
}

function isGood(version: string): boolean {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	return major > oldestGoodVersion[0] || (major === oldestGoodVersion[0] && minor >= oldestGoodVersion[1]);
}
