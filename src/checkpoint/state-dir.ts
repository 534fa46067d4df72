import os from 'node:os';
import path from 'node:path';

/** In a state dir: connections of those that were thawed and whose checkpoints are deleted. */
export const rememberedFile = 'remembered.json';

/** Where checkpoints live by default: /var/lib for root, else the user's state folder (XDG). */
export function defaultStateDir(env: NodeJS.ProcessEnv): string {
	if (process.getuid?.() === 0) return '/var/lib/dbusfreeze';
	return path.join(env.XDG_STATE_HOME || path.join(os.homedir(), '.local', 'state'), 'dbusfreeze');
}
