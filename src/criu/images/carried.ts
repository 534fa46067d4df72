import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {replaceFile} from '../../common/replace-file.js';
import {imageEntries, imageFile, readImage} from './container.js';
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
	const entries = [...imageEntries(await readFile(filesPath), filesPath, 'files')];
	const files = entries.map(({body}) => ({body, file: decode(file, body)}));
	const isHeld = ({unix}: (typeof files)[number]['file']) => heldInodes.has(unix?.ino ?? 0);
	const heldIds = new Set(files.filter((one) => isHeld(one.file)).map((one) => one.file.id ?? -1));
	const {queues, carried, messages} = withoutCarried(before, queuesPath, heldIds);
	if (messages === 0) return 0;
	const inUse = await fileIdsInUse(imageDir);
	const kept = files.filter(({file: {id = -1}}) => !carried.has(id) || inUse.has(id));
	replaceFile(filesPath, imageFile('files', kept));
	replaceFile(queuesPath, queues);
	return messages;
}

/** The queue file's entries are each followed by the bytes of the packet. */
function withoutCarried(
	data: Buffer,
	name: string,
	heldIds: ReadonlySet<number>,
): {queues: Buffer; carried: Set<number>; messages: number} {
	const carried = new Set<number>();
	let messages = 0;
	const length = (body: Uint8Array) => decode(packet, body).length ?? 0;
	const entries = [...imageEntries(data, name, 'skQueues', length)].map(({body, payload}) => {
		const entry = decode(packet, body);
		if (!heldIds.has(entry.idFor ?? -1) || entry.scm.length === 0) return {body, payload};
		messages++;
		for (const {rights} of entry.scm) for (const id of rights) carried.add(id);
		entry.scm = [];
		return {body: encode(packet, entry), payload};
	});
	return {queues: imageFile('skQueues', entries), carried, messages};
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
