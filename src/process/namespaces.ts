import {readdirSync} from 'node:fs';
import {ifReadable, readLink} from './read.js';

/** Kind → inode text, e.g. `mnt` → `mnt:[4026531841]`; undefined if we may not look or it is a zombie. */
export function readNamespaces(pid: number): Record<string, string> | undefined {
	const kinds = ifReadable(() => readdirSync(`/proc/${pid}/ns`));
	if (!kinds) return undefined;
	const namespaces: Record<string, string> = {};
	for (const kind of kinds) {
		const target = readLink(`/proc/${pid}/ns/${kind}`);
		if (target !== undefined) namespaces[kind] = target;
	}
	return Object.keys(namespaces).length > 0 ? namespaces : undefined;
}
