import fs from 'node:fs';
import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import {Fault} from '../common/fault.js';
import {missingFeatures} from '../criu/cpu.js';
import type {CriuBinary} from '../criu/find.js';
import {accountNames} from '../process/account-names.js';
import {thisMachine} from '../process/machine.js';
import {isOlderKernel} from './kernel-version.js';
import type {ThawOptions} from './options.js';
import {type SessionParts, warn} from './parts.js';
import {requireSameArchitecture} from './thaw-checks.js';

/** Clocks of machines that keep time from the same source differ by less; milliseconds. */
const clockTolerance = 2000;

/** The machine of the freeze, before its next start: then it is able, and nobody has another name. */
function isThatOfFreeze({host}: Manifest): boolean {
	const {bootId, machineId} = thisMachine();
	return host.bootId === bootId && host.machineId === machineId;
}

/**
 * Is this a machine on which the frozen process can go on?
 * @param criu asked for only where it may not be.
 * @returns what this processor lacks, which is something with `otherCpu` only; undefined where that is not known.
 * @throws Fault `other-architecture`, `cpu-lacks`: nothing was touched.
 */
export async function requireAbleMachine(
	{images}: Pick<Checkpoint, 'images'>,
	manifest: Manifest,
	criu: () => Promise<CriuBinary>,
	options: Pick<ThawOptions, 'otherCpu'> = {},
): Promise<string[] | undefined> {
	requireSameArchitecture(manifest);
	const {cpu} = manifest.host;
	if (isThatOfFreeze(manifest)) return [];
	const features = await missingFeatures(images, await criu());
	const here = thisMachine().cpu;
	if (features === undefined) return here === cpu ? [] : undefined;
	if (features.length > 0 && !options.otherCpu)
		throw new Fault('cpu-lacks', {features, frozen: cpu, here}, {processState: 'frozen'});
	return features;
}

/**
 * What may matter to the process, or may not: told when nothing speaks against the thaw, and only then.
 * @param lacking from `requireAbleMachine`.
 */
export function tellOfMachine(
	parts: SessionParts,
	manifest: Manifest,
	lacking: readonly string[] | undefined,
): void {
	tellOfClock(parts, manifest);
	if (isThatOfFreeze(manifest)) return;
	const {kernel} = manifest.host;
	const here = thisMachine();
	if (lacking === undefined) warn(parts, 'cpu-unknown');
	else if (lacking.length > 0) warn(parts, 'cpu-ignored', {features: lacking.join(', ')});
	if (parts.criuComplaint !== undefined) warn(parts, 'kernel-complains', {complaint: parts.criuComplaint});
	if (isOlderKernel(here.kernel, kernel)) warn(parts, 'kernel-older', {frozen: kernel, here: here.kernel});
	if (!fs.existsSync('/proc/self/ns/time')) warn(parts, 'no-time-namespaces');
	tellOfAccounts(parts, manifest);
}

/** Its monotonic clock goes on where it stopped; the wall clock is the machine's. */
function tellOfClock(parts: SessionParts, {stoppedAt = 0}: Manifest): void {
	const behind = stoppedAt - Date.now();
	if (behind > clockTolerance) warn(parts, 'clock-behind', {seconds: Math.round(behind / 1000)});
}

/** The process keeps its numbers, whoever they are here. */
function tellOfAccounts(parts: SessionParts, {accounts}: Manifest): void {
	if (!accounts) return;
	const numbers = (names: Record<string, string>) => Object.keys(names).map(Number);
	const here = accountNames(numbers(accounts.users), numbers(accounts.groups));
	for (const [kind, warning] of [
		['users', 'user-renamed'],
		['groups', 'group-renamed'],
	] as const) {
		for (const [id, before] of Object.entries(accounts[kind])) {
			const after = here[kind][id] ?? '';
			if (after !== before) warn(parts, warning, {id, before, after});
		}
	}
}
