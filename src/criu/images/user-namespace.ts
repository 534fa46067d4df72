import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {replaceFile} from '../../common/replace-file.js';
import type {Credentials} from '../../context/model.js';
import {imageEntries, imageFile} from './container.js';
import {decode, encode} from './protobuf.js';
import {core} from './schema.js';

const capabilitySets = ['capInh', 'capPrm', 'capEff', 'capBnd', 'capAmb'] as const;

/**
 * Takes threads out of a user namespace: CRIU has them write down the ids that they see themselves, which outside belong
 * to somebody else (root inside is nobody in particular outside), and capabilities that mean nothing there.
 * @param credentials by thread id; ids are those of our user namespace.
 */
export async function leaveUserNamespace(
	imageDir: string,
	credentials: ReadonlyMap<number, Credentials>,
): Promise<void> {
	for (const [
		tid,
		{uid, euid, suid = euid, fsuid = euid, gid, egid, sgid = egid, fsgid = egid, groups},
	] of credentials) {
		const name = path.join(imageDir, `core-${tid}.img`);
		const entries = [...imageEntries(await readFile(name), name, 'core')].map(({body}) => {
			const entry = decode(core, body);
			const found = entry.thread?.credentials;
			if (!found) return {body};
			Object.assign(found, {uid, euid, suid, fsuid, gid, egid, sgid, fsgid, groups: [...groups]});
			for (const set of capabilitySets) found[set] = found[set].map(() => 0);
			return {body: encode(core, entry)};
		});
		replaceFile(name, imageFile('core', entries));
	}
}
