import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {replaceFile} from '../../common/replace-file.js';
import type {Credentials} from '../../context/model.js';
import {capabilitySets} from '../../process/credentials.js';
import {imageEntries, imageFile} from './container.js';
import {decode, encode} from './protobuf.js';
import {core} from './schema.js';

/**
 * Takes threads out of their user namespace: CRIU has them write down the ids that they see themselves, which outside
 * belong to somebody else (root inside is nobody in particular outside), and capabilities that mean nothing there.
 * @param credentialsOf a thread's, by its id, in the ids of our user namespace; undefined: it lives in ours.
 */
export async function leaveUserNamespace(
	imageDir: string,
	credentialsOf: (tid: number) => Credentials | undefined,
): Promise<void> {
	for (const file of await readdir(imageDir)) {
		const tid = Number(/^core-(\d+)\.img$/.exec(file)?.[1]);
		if (!tid) continue;
		const name = path.join(imageDir, file);
		const entries = [...imageEntries(await readFile(name), name, 'core')].map(({body}) => {
			const entry = decode(core, body);
			// A zombie has none.
			const found = entry.thread?.credentials;
			if (!found) return {body};
			const known = credentialsOf(tid);
			if (!known) return {body};
			const {uid, euid, suid = euid, fsuid = euid, gid, egid, sgid = egid, fsgid = egid, groups} = known;
			Object.assign(found, {uid, euid, suid, fsuid, gid, egid, sgid, fsgid, groups: [...groups]});
			for (const set of capabilitySets) found[set] = found[set].map(() => 0);
			return {body: encode(core, entry)};
		});
		replaceFile(name, imageFile('core', entries));
	}
}
