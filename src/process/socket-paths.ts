import fs from 'node:fs';
import path from 'node:path';

/** One name of a listening socket in the file system, and the second one that we give it. */
interface KeptPath {
	name: string;
	kept: string;
	watcher?: fs.FSWatcher;
}

/**
 * Keeps the names of listening sockets where clients look for them, while CRIU restores a process that has such a
 * socket: CRIU removes the name and, as the socket itself is handed to it, does not make it anew. Each gets a
 * second name beside the first, from which the first is made again as soon as it is gone.
 */
export class KeptSocketPaths {
	readonly #paths: KeptPath[] = [];

	/** @param names absolute paths; those that are not there, or cannot be linked, are left alone. */
	constructor(names: readonly string[]) {
		for (const name of names) {
			const kept = path.join(path.dirname(name), `.${path.basename(name)}.dbusfreeze`);
			// Left by somebody who ended in the middle of this.
			if (fs.existsSync(kept)) putBack({name, kept});
			if (!done(() => fs.linkSync(name, kept))) continue;
			const one: KeptPath = {name, kept};
			// Only sooner; if the system has no watches left, `close` does it.
			done(() => {
				one.watcher = fs.watch(path.dirname(name), {persistent: false}, () => linkAgain(one));
				one.watcher.on('error', () => {});
			});
			this.#paths.push(one);
		}
	}

	/** From now on nobody removes them: every first name is there again, no second one is left. */
	close(): void {
		for (const one of this.#paths) {
			one.watcher?.close();
			putBack(one);
		}
		this.#paths.length = 0;
	}
}

function linkAgain({name, kept}: KeptPath): void {
	if (!fs.existsSync(name)) done(() => fs.linkSync(kept, name));
}

function putBack(one: KeptPath): void {
	linkAgain(one);
	done(() => fs.unlinkSync(one.kept));
}

/** Whether it worked. Whatever the file system says, the socket itself is there. */
function done(work: () => void): boolean {
	try {
		work();
		return true;
	} catch {
		return false;
	}
}
