import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

/** The repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** What set-up fetches for this checkout alone, and its stamps. */
export const toolchain = path.join(root, '.toolchain');

/** Where root's, or this user's, caches of ours are. */
function cacheFolder(env) {
	const cache =
		process.getuid?.() === 0 ? '/var/cache' : env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
	return path.join(cache, 'dbusfreeze');
}

/** The folder of the private CRIU; `src/criu/find.ts` looks in the same place. */
export function criuFolder(env = process.env) {
	return env.DBUSFREEZE_CRIU_DIR
		? path.resolve(env.DBUSFREEZE_CRIU_DIR)
		: path.join(cacheFolder(env), 'criu');
}

/** Where tests find a dbus-broker that is not installed. */
export function brokerFolder(env = process.env) {
	return path.join(cacheFolder(env), 'dbus-broker');
}

/** Roots and images of the tests' devices. */
export function devicesFolder(env = process.env) {
	return path.join(cacheFolder(env), 'devices');
}
