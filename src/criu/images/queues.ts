import {readFile} from 'node:fs/promises';
import path from 'node:path';

export function queuesFile(imageDir: string): string {
	return path.join(imageDir, 'sk-queues.img');
}

/** The image of what waits in sockets, whole; undefined: nothing waited, so CRIU wrote none. */
export async function readQueues(imageDir: string): Promise<Buffer | undefined> {
	try {
		return await readFile(queuesFile(imageDir));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}
