import type {CriuBinary} from '../../criu/find.js';
import {loadedCriu} from '../../criu/loader.js';
import {preloadLibrary} from '../../criu/preload.js';
import type {ClassedFinding} from './findings.js';
import type {CriuNeeds} from './needs.js';

/**
 * What this machine lacks to give criu what it needs. Builds the preload library, if it is needed and not there yet.
 * That there is no criu at all is told elsewhere.
 */
export async function lackingFor(
	needs: CriuNeeds,
	findCriu: () => Promise<CriuBinary>,
	env: NodeJS.ProcessEnv,
): Promise<ClassedFinding[]> {
	const found: ClassedFinding[] = [];
	const isAway = needs.namespaces.includes('mnt');
	if (needs.preload || isAway) {
		const criu = await findCriu().catch(() => undefined);
		if (criu && !loadedCriu(criu.path))
			found.push({class: 'blocks', finding: 'criu-not-loadable', params: {path: criu.path}});
	}
	if (needs.preload) {
		const preload = await preloadLibrary(env);
		if ('missing' in preload)
			found.push({
				class: 'blocks',
				finding: `preload-${preload.missing}`,
				params: {detail: preload.detail},
			});
	}
	return found;
}
