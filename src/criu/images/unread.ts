import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {imageEntries} from './container.js';
import {decode} from './protobuf.js';
import {queuesFile, readQueues} from './queues.js';
import {file, packet} from './schema.js';

/**
 * What waited unread in the sockets of the frozen tree when it was dumped: inode → the bytes of its packets in
 * order. Only for sockets in which something waited.
 * @throws Fault `bad-image`.
 */
export async function unreadInImages(imageDir: string): Promise<Map<number, Buffer>> {
	const filesPath = path.join(imageDir, 'files.img');
	const queues = await readQueues(imageDir);
	if (!queues) return new Map();
	const inodes = new Map<number, number>();
	for (const {body} of imageEntries(await readFile(filesPath), filesPath, 'files')) {
		const {id, unix} = decode(file, body);
		if (id !== undefined && unix?.ino !== undefined) inodes.set(id, unix.ino);
	}
	const found = new Map<number, Uint8Array[]>();
	const length = (body: Uint8Array) => decode(packet, body).length ?? 0;
	for (const {body, payload} of imageEntries(queues, queuesFile(imageDir), 'skQueues', length)) {
		const inode = inodes.get(decode(packet, body).idFor ?? -1);
		if (inode === undefined) continue;
		found.set(inode, [...(found.get(inode) ?? []), payload]);
	}
	return new Map([...found].map(([inode, parts]) => [inode, Buffer.concat(parts)]));
}
