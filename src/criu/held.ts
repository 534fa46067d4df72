import type {ExternalFile, HeldKind} from '../process/held.js';

/** A descriptor that we keep open while the process is frozen, as CRIU must be told of it. */
export interface HeldForCriu {
	kind: HeldKind;
	inode: number;
	/** Our duplicate of the descriptor. */
	ourFd: number;
	/** Of what CRIU cannot dump, or would make anew as something else. */
	external?: ExternalFile;
	/** Of a `file`: CRIU looks it up by its path. */
	path?: string;
}

/** Descriptors from here on are the inherited ones in a criu process; 0–2 are its own, a few are left free. */
export const firstInherited = 10;

/** What a criu process inherits: number there → our number. */
export function inherited(held: readonly HeldForCriu[]): Map<number, number> {
	return new Map(held.map(({ourFd}, index) => [firstInherited + index, ourFd]));
}

/** Whether an image names a file so: then it says nothing else of it. */
export const isExternalName = (name: string): boolean => /^file\[[0-9a-f]+:[0-9a-f]+\]$/.test(name);

/** How `--external` of a dump names it, and, without its first letter, `--inherit-fd` of a restore: CRIU drops that. */
export function externalName({mount, inode}: ExternalFile): string {
	return `file[${mount.toString(16)}:${inode.toString(16)}]`;
}
