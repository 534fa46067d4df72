import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

/** The repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** What set-up fetches for this checkout alone, and its stamps. */
export const toolchain = path.join(root, '.toolchain');

/** The folder of the private CRIU; `src/criu/find.ts` looks in the same place. */
export function criuFolder(env = process.env) {
	if (env.DBUSFREEZE_CRIU_DIR) return path.resolve(env.DBUSFREEZE_CRIU_DIR);
	const cache =
		process.getuid?.() === 0 ? '/var/cache' : env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
	return path.join(cache, 'dbusfreeze', 'criu');
}
