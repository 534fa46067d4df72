import {closeSync, openSync} from 'node:fs';
import {Fault} from '../common/fault.js';
import type {Snapshot} from '../context/model.js';
import type {CriuBinary} from '../criu/find.js';
import {savedKerndat} from '../criu/kerndat.js';
import {type CriuPlace, ordinaryPlace} from '../criu/place.js';
import {preloadLibrary} from '../criu/preload.js';
import {type CriuNeeds, limitsFiles} from './preflight/needs.js';

/**
 * Makes the place where criu must run for the tree under `pid`, and keeps it: its namespaces would be gone with it.
 * @throws Fault `no-preload`; what `openSync` throws when the process is gone.
 */
export async function openPlace(
	needs: CriuNeeds,
	pid: number,
	criu: CriuBinary,
	env: NodeJS.ProcessEnv,
): Promise<CriuPlace> {
	const {sameClocks, logByPipe} = needs;
	const isAway = needs.namespaces.length > 0;
	const preload = needs.preload || isAway ? await preloadLibrary(env) : undefined;
	const lacks = preload && 'missing' in preload;
	if (lacks && needs.preload) throw new Fault('no-preload', {detail: preload.detail});
	return {
		...ordinaryPlace,
		namespaces: needs.namespaces.map((kind) => ({kind, ourFd: openSync(`/proc/${pid}/ns/${kind}`, 'r')})),
		sameClocks,
		logByPipe,
		...(preload && !lacks
			? {
					preload: {
						library: preload.library,
						kerndat: isAway ? await savedKerndat(criu, env) : undefined,
						hidesUserNamespace: needs.outOfUserNamespace.length > 0,
					},
				}
			: {}),
	};
}

/** For a tree that somebody else has frozen, who is gone and its namespaces with him. */
export function adoptedPlace(before: Snapshot | undefined): CriuPlace {
	return {...ordinaryPlace, logByPipe: limitsFiles(before?.processes ?? [])};
}

/** Lets its namespaces go. */
export function closePlace({namespaces}: CriuPlace): void {
	for (const {ourFd} of namespaces) closeSync(ourFd);
}
