import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {replaceFile} from '../../common/replace-file.js';
import {imageEntries, readImage} from './container.js';
import {decode, encode} from './protobuf.js';
import {queuesFile, readQueues} from './queues.js';
import {fdinfo, file, packet} from './schema.js';

/**
 * CRIU dumps an unread message that carries descriptors, also of a socket that is held, and cannot restore it
 * then: it looks for the task that would have to send them again. Nobody has to, for the message is still in the
 * held socket itself. So the images are told to forget what it carries, and the files that nobody else has.
 * @returns how many messages there were.
 */
export async function forgetCarriedDescriptors(
	imageDir: string,
	heldInodes: ReadonlySet<number>,
): Promise<number> {
	const filesPath = path.join(imageDir, 'files.img');
	const queuesPath = queuesFile(imageDir);
	const before = await readQueues(imageDir);
	if (!before) return 0;
	const files = await readFile(filesPath);
	const heldIds = new Set<number>();
	for (const {body} of imageEntries(files, filesPath, 'files')) {
		const {id, unix} = decode(file, body);
		if (id !== undefined && heldInodes.has(unix?.ino ?? 0)) heldIds.add(id);
	}
	const {queues, carried, messages} = withoutCarried(before, queuesPath, heldIds);
	if (messages === 0) return 0;
	const inUse = await fileIdsInUse(imageDir);
	const kept: Uint8Array[] = [files.subarray(0, headBytes)];
	for (const {offset, body} of imageEntries(files, filesPath, 'files')) {
		const {id = -1} = decode(file, body);
		if (!carried.has(id) || inUse.has(id))
			kept.push(files.subarray(offset, offset + lengthBytes + body.length));
	}
	replaceFile(filesPath, Buffer.concat(kept));
	replaceFile(queuesPath, queues);
	return messages;
}

/** Two magic numbers at the head of a file; a length before each entry. */
const headBytes = 8;
const lengthBytes = 4;

/** The queue file's entries are each followed by the bytes of the packet. */
function withoutCarried(
	data: Buffer,
	file: string,
	heldIds: ReadonlySet<number>,
): {queues: Buffer; carried: Set<number>; messages: number} {
	const parts: Uint8Array[] = [data.subarray(0, headBytes)];
	const carried = new Set<number>();
	let messages = 0;
	for (const {body, payload} of imageEntries(
		data,
		file,
		'skQueues',
		(entry) => decode(packet, entry).length ?? 0,
	)) {
		const entry = decode(packet, body);
		if (heldIds.has(entry.idFor ?? -1) && entry.scm.length > 0) {
			messages++;
			for (const {rights} of entry.scm) for (const id of rights) carried.add(id);
			entry.scm = [];
		}
		const encoded = encode(packet, entry);
		const length = Buffer.alloc(lengthBytes);
		length.writeUInt32LE(encoded.length);
		parts.push(length, encoded, payload);
	}
	return {queues: Buffer.concat(parts), carried, messages};
}

/** Files that a descriptor of some task refers to. */
async function fileIdsInUse(imageDir: string): Promise<Set<number>> {
	const ids = new Set<number>();
	for (const name of await readdir(imageDir)) {
		if (!/^fdinfo-\d+\.img$/.test(name)) continue;
		for (const {value} of await readImage(path.join(imageDir, name), 'fdinfo', fdinfo))
			ids.add(value.id ?? -1);
	}
	return ids;
}
