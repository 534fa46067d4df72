import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import type {Snapshot} from '../context/model.js';
import {readStat} from '../kernel/proc-stat.js';
import {nestedProcesses, numbersOf} from '../process/pid-namespace.js';
import {type SessionParts, updateManifest, warn} from './parts.js';

/** Whose pid namespace it is: a folder may have held another checkpoint before. */
export function nestLabel({images}: Checkpoint, {createdAt}: Manifest): string {
	return `${images} ${createdAt}`;
}

/** What the processes that are being restored are called here, now. */
export function learnNumbers(parts: SessionParts, isNested: boolean): void {
	const {checkpoint, manifest} = parts;
	const nested = isNested && manifest ? nestedProcesses(nestLabel(checkpoint, manifest)) : [];
	parts.numbers = numbersOf(nested);
}

/** From here on they may run without us: whoever finds the checkpoint must find them, too. */
export function rememberNumbers(parts: SessionParts): void {
	const {numbers, manifest} = parts;
	if (!manifest) return;
	const pairs = manifest.target.pids.map((pid) => [pid, numbers.here(pid)] as const);
	const differing = pairs.filter(([own, here]) => own !== here);
	if (differing.length > 0 || manifest.numbersHere)
		updateManifest(parts, {numbersHere: Object.fromEntries(differing)});
}

/** A held connection keeps the number with which it was once made, and that may mean somebody else here. */
export function tellOfMistakenPids(parts: SessionParts, after: Snapshot): void {
	for (const {uniqueName, credentials} of after.connections) {
		const {pid} = credentials ?? {};
		const isOurs = after.processes.some((process) => process.pid === pid);
		const command = pid === undefined || isOurs ? undefined : readStat(pid)?.comm;
		if (pid !== undefined && command !== undefined)
			warn(parts, 'bus-names-other', {uniqueName, pid, command});
	}
}
