import {closeSync, openSync} from 'node:fs';
import {Fault} from '../common/fault.js';
import type {Snapshot} from '../context/model.js';
import type {CriuBinary} from '../criu/find.js';
import {savedKerndat} from '../criu/kerndat.js';
import {farFrom} from '../criu/pid-namespace.js';
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
	const {sameClocks, logByPipe, nest} = needs;
	const isAway = needs.namespaces.length > 0;
	const open = (kind: string) => openSync(`/proc/${pid}/ns/${kind}`, 'r');
	const preload = needs.preload || isAway ? await preloadLibrary(env) : undefined;
	const lacks = preload && 'missing' in preload;
	if (lacks && needs.preload) throw new Fault('no-preload', {detail: preload.detail});
	return {
		...ordinaryPlace,
		namespaces: needs.namespaces.map((kind) => ({kind, ourFd: open(kind)})),
		...(nest === undefined
			? {}
			: {pidNamespace: {entered: entered[nest].map((kind) => ({kind, ourFd: open(kind)}))}}),
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

/** What criu enters beside what is kept. */
const entered = {plain: ['pid', 'mnt'], sandboxed: ['pid']} as const;

/** Where a tree is to be restored in a pid namespace of its own, which begins there. */
export function nestedPlace(place: CriuPlace, label: string, numbers: readonly number[]): CriuPlace {
	const kind = place.namespaces.some((one) => one.kind === 'mnt') ? 'sandboxed' : 'plain';
	return {...place, pidNamespace: {nest: {kind, label}, last: farFrom(numbers)}};
}

/** For a tree that somebody else has frozen, who is gone and its namespaces with him. */
export function adoptedPlace(before: Snapshot | undefined): CriuPlace {
	return {...ordinaryPlace, logByPipe: limitsFiles(before?.processes ?? [])};
}

/** Lets its namespaces go. */
export function closePlace({namespaces, pidNamespace}: CriuPlace): void {
	const entered = pidNamespace && 'entered' in pidNamespace ? pidNamespace.entered : [];
	for (const {ourFd} of [...namespaces, ...entered]) closeSync(ourFd);
}
