import fs from 'node:fs';
import path from 'node:path';
import {type Runner, runCommand} from '../common/runner.js';
import {type CriuBinary, cacheFolder} from './find.js';

/**
 * criu keeps what it finds out about the kernel in /run, but only if that is a tmpfs: so it gets one for a moment, in a
 * mount namespace of its own. $1 criu, $2 the file to make.
 */
const script = 'mount -t tmpfs none /run && "$1" check >/dev/null 2>&1; cp /run/criu.kdat "$2"';

/**
 * What `criu check` finds out about this kernel, as a file that the preload library can show to a criu that has no such
 * cache where it runs; made once for each boot. Undefined: it cannot be had, and criu must find out by itself.
 */
export async function savedKerndat(
	criu: CriuBinary,
	env: NodeJS.ProcessEnv,
	run: Runner = runCommand,
): Promise<string | undefined> {
	const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
	const folder = cacheFolder(env);
	const file = path.join(folder, `kerndat-${criu.version}-${boot}`);
	if (fs.existsSync(file)) return file;
	fs.mkdirSync(folder, {recursive: true, mode: 0o755});
	const fresh = `${file}.${process.pid}`;
	const args = ['--mount', '--propagation', 'private', '/bin/sh', '-c', script, 'sh', criu.path, fresh];
	const {exitCode} = await run({command: 'unshare', args});
	if (exitCode !== 0) {
		fs.rmSync(fresh, {force: true});
		return undefined;
	}
	for (const old of fs.readdirSync(folder))
		if (/^kerndat-[\d.]+-/.test(old) && !old.includes(boot)) fs.rmSync(path.join(folder, old), {force: true});
	fs.renameSync(fresh, file);
	return file;
}
