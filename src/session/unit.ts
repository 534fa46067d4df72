import type {Manifest} from '../checkpoint/manifest.js';
import {Fault} from '../common/fault.js';
import {type EnteredNamespace, enteredNamespaces, ordinaryPlace} from '../criu/place.js';
import {unitOf} from '../process/unit.js';
import {SystemManager} from '../systemd/manager.js';
import {takePlace} from '../systemd/take-place.js';
import {startUnit} from '../systemd/unit-start.js';
import type {FreezeOptions} from './options.js';
import {endHold, note, type SessionParts, updateManifest, warn} from './parts.js';
import {closePlace, openPlace} from './place.js';

/**
 * If the target is the main process of a systemd unit: takes its place there, so that the unit stays active when the
 * dump has killed it. Throws `unit-refused`: the service runs, as before.
 */
export async function keepUnit(parts: SessionParts, {pid, startTime}: FreezeOptions): Promise<void> {
	const named = SystemManager.isHere() ? unitOf(pid).unit : undefined;
	if (named !== undefined) parts.log.emit({type: 'progress', step: 'unit', detail: named});
	const status = `Frozen by dbusfreeze, checkpoint ${parts.checkpoint.dir}`;
	parts.unit = await takePlace(pid, startTime, status);
	if (!parts.unit) return;
	const {unit, holderPid} = parts.unit;
	updateManifest(parts, {unit: {name: unit}});
	parts.log.emit({type: 'unit', unit, change: 'held', pid: holderPid});
}

/**
 * For a restore whose process no unit waits for: starts the unit that it was the main process of, so that it is
 * restored there.
 * @param isNested it is restored in a pid namespace of its own.
 * Throws `unit-active`, `unit-not-started`, `unit-refused`, `no-systemd`: nothing has changed.
 */
export async function enterUnit(parts: SessionParts, stopFirst: boolean, isNested: boolean): Promise<void> {
	const {manifest} = parts;
	if (!manifest?.unit || parts.unit) return;
	const {name} = manifest.unit;
	parts.unit = await startUnit(
		name,
		// Nobody knows yet what it will be called.
		isNested ? 0 : manifest.target.pid,
		stopFirst,
		`Being thawed by dbusfreeze, checkpoint ${parts.checkpoint.dir}`,
	);
	if (!parts.unit) return warn(parts, 'unit-unknown', {unit: name});
	parts.log.emit({type: 'unit', unit: name, change: 'started', pid: parts.unit.holderPid});
	if (parts.unit.placeholderPid !== undefined) await enterSandbox(parts, manifest, parts.unit.placeholderPid);
}

/** Namespaces like those that the process lived in: systemd has made them anew for the unit. */
async function enterSandbox(parts: SessionParts, {held}: Pick<Manifest, 'held'>, pid: number): Promise<void> {
	const lost = new Set(held.flatMap(({kind, peer}) => (kind === 'namespace' ? [peer.split(':')[0]] : [])));
	const namespaces = (Object.keys(enteredNamespaces) as EnteredNamespace[]).filter((kind) => lost.has(kind));
	if (namespaces.length === 0) return;
	const needs = {
		namespaces,
		preload: false,
		outOfUserNamespace: [],
		sameClocks: false,
		logByPipe: parts.place.logByPipe,
	};
	parts.place = await openPlace(needs, pid, parts.criu, process.env);
	const before = parts.checkpoint.readSnapshot('before');
	if (!before) return;
	for (const process of before.processes) process.newNamespaces = namespaces;
	note(parts, () => parts.checkpoint.writeSnapshot(before));
}

/** After a restore that failed: a unit that was started for it is stopped, another waits on. */
export async function unitAfterFailure(parts: SessionParts): Promise<void> {
	const {unit: place} = parts;
	if (!place?.isStarting) {
		place?.say('frozen');
		return;
	}
	parts.unit = undefined;
	closePlace(parts.place);
	parts.place = ordinaryPlace;
	try {
		await place.stop();
	} catch (error) {
		warn(parts, 'unit-not-restored', {unit: place.unit, reason: (error as Error).message});
	}
}

/** Throws `unit-stopped` when systemd has ended the holder: then the process must not be killed as well. */
export function requireUnit({unit}: SessionParts): void {
	if (unit?.isLost)
		throw new Fault('unit-stopped', {unit: unit.unit}, {stage: 'post-dump', processState: 'running'});
}

/** The restored process, or the one that was not frozen after all, is the unit's main process again. */
export async function returnUnit(parts: SessionParts, pid: number): Promise<void> {
	const {unit: place} = parts;
	if (!place) return;
	const {unit} = place;
	if (place.isLost) {
		// What systemd did to the holder is meant for it.
		if (place.endSignal) send(pid, place.endSignal);
		return warn(parts, 'unit-stopped', {unit});
	}
	try {
		await place.giveBack(pid);
	} catch (error) {
		// It runs. The holder, left alone, tries again; when it ends, the unit does.
		parts.unit = undefined;
		place.abandon().catch(() => {});
		return warn(parts, 'unit-not-returned', {unit, reason: (error as Error).message});
	}
	parts.log.emit({type: 'unit', unit, change: 'returned', pid});
	for (const signal of place.signals) send(pid, signal);
}

/** To a process that may just be ending. */
function send(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}

/** Nothing of ours stays in the unit. Whatever goes wrong here, the process runs. */
export async function leaveUnit(parts: SessionParts): Promise<void> {
	const {unit: place} = parts;
	if (!place) return;
	parts.unit = undefined;
	try {
		await place.leave();
	} catch (error) {
		warn(parts, 'unit-not-restored', {unit: place.unit, reason: (error as Error).message});
	}
}

/**
 * systemd has ended the holder: somebody has stopped or restarted the unit. So the frozen process is given up: the
 * bus sees it leave, and its names are free for whoever comes next. The images stay.
 */
export async function giveUpUnit(parts: SessionParts): Promise<void> {
	const {unit: place, manifest} = parts;
	if (!place || manifest?.state !== 'frozen') return;
	const {unit} = place;
	parts.unit = undefined;
	// First of all: who comes next wants the names.
	endHold(parts);
	await place.yield();
	note(parts, () => updateManifest(parts, {keeper: null, unit: {name: unit, ended: true}}));
	parts.log.emit({type: 'unit', unit, change: 'stopped', pid: 0});
	warn(parts, 'unit-stopped', {unit});
	try {
		await place.clean();
	} catch (error) {
		warn(parts, 'unit-not-restored', {unit, reason: (error as Error).message});
	}
}
