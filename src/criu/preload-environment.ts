import type {ExternalFile} from '../process/held.js';
import {type HeldForCriu, inherited} from './held.js';
import type {EnteredPids, NewPids} from './pid-namespace.js';

export interface PreloadUse {
	library: string;
	/** The tree lives in a user namespace that criu must not see. */
	hidesUserNamespace: boolean;
	/** See `savedKerndat`; undefined: none is needed, or there is none. */
	kerndat: string | undefined;
}

/**
 * How the preload library is told what to do.
 * @param seen the name of one of our files where criu runs.
 */
export function preloadEnvironment(
	{hidesUserNamespace, kerndat}: PreloadUse,
	pids: EnteredPids | NewPids | undefined,
	held: readonly HeldForCriu[],
	seen: (file: string) => string,
): Record<string, string> {
	const found = heldFor(pids, held);
	return {
		DBUSFREEZE_NO_CGROUP_NS: '1',
		...(found === '' ? {} : {DBUSFREEZE_HELD: found}),
		...(kerndat === undefined ? {} : {DBUSFREEZE_KERNDAT: seen(kerndat)}),
		...(hidesUserNamespace ? {DBUSFREEZE_SAME_USER_NS: '1'} : {}),
	};
}

/** Where the preload library finds what is held under an invented inode: `PROCESS:FD=INODE,…`, 0 for criu itself. */
function heldFor(pids: EnteredPids | NewPids | undefined, held: readonly HeldForCriu[]): string {
	if (!pids)
		return inventedInodes(
			process.pid,
			held.map(({ourFd, external}) => [ourFd, external]),
		);
	// Our number means somebody else there, or nobody. A restore, which gives its own descriptors away, needs none of it.
	const numbers = 'entered' in pids ? [...inherited(held).keys()] : [];
	return inventedInodes(
		0,
		numbers.map((number, index) => [number, held[index]?.external]),
	);
}

function inventedInodes(
	pid: number,
	descriptors: ReadonlyArray<readonly [fd: number, external: ExternalFile | undefined]>,
): string {
	const known = descriptors.flatMap(([fd, external]) =>
		external ? [`${fd}=${external.inode.toString(16)}`] : [],
	);
	return known.length > 0 ? `${pid}:${known.join(',')}` : '';
}
