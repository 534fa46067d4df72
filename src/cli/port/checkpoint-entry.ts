import {folderBytes} from '../../checkpoint/files.js';
import type {Manifest} from '../../checkpoint/manifest.js';
import {copiesOf, movedTo} from '../../checkpoint/move/copies.js';
import {readOrigin} from '../../checkpoint/move/origin.js';
import {pidHere} from '../../checkpoint/numbers.js';
import {connectionsOn} from '../../checkpoint/on-bus.js';
import {type Standing, standingOf} from '../../checkpoint/standing.js';
import type {StoredCheckpoint} from '../../checkpoint/store.js';
import {Fault} from '../../common/fault.js';
import {withoutGuid} from '../../dbus/address.js';
import {thisHost} from '../../session/describe.js';
import type {BusRelation, CheckpointEntry, CheckpointFacts} from '../../tui/checkpoints/feed.js';
import {nextThaw} from './next-thaw.js';

/** The bus that is watched. */
export interface WatchedDaemon {
	address: string;
	guid: string;
}

/** What the screen shows of one checkpoint. Never throws: what cannot be read is told as such. */
export function checkpointEntry(stored: StoredCheckpoint, watched: WatchedDaemon): CheckpointEntry {
	const {name, checkpoint, manifest} = stored;
	const identity = {name, checkpoint: checkpoint.dir};
	if (manifest instanceof Fault) return {...identity, ...unreadable(manifest)};
	try {
		const standing = standingOf(manifest);
		const next = nextThaw(checkpoint, manifest, standing);
		return {...identity, standing, next, facts: factsOf(stored, manifest, watched, standing)};
	} catch (error) {
		// A note beside the manifest is broken, or all of it was deleted just now.
		return {
			...identity,
			...unreadable(new Fault('no-checkpoint', {path: checkpoint.dir, reason: reasonOf(error)})),
		};
	}
}

function unreadable(fault: Fault): Pick<CheckpointEntry, 'standing' | 'next'> {
	return {standing: 'unreadable', next: {mode: 'impossible', fault: fault.toJSON()}};
}

function reasonOf(error: unknown): string {
	const {code, message} = error as NodeJS.ErrnoException;
	return code ?? message.split('\n')[0] ?? '';
}

function factsOf(
	{checkpoint}: StoredCheckpoint,
	manifest: Manifest,
	watched: WatchedDaemon,
	standing: Standing,
): CheckpointFacts {
	const {target, host, bus, policy, portable, portableBecause, stoppedAt, createdAt} = manifest;
	const origin = readOrigin(checkpoint);
	// One that was thawed here in spite of that lives here, and has a copy there.
	const moved = standing === 'thawed' ? undefined : movedTo(checkpoint);
	const copies = copiesOf(checkpoint).filter(({state}) => standing === 'thawed' || state === 'packed');
	return {
		names: target.names,
		pid: pidHere(manifest),
		comm: target.comm,
		exe: target.exe,
		processes: target.pids.length,
		hostname: host.hostname,
		isHere: !origin && host.machineId === thisHost().machineId,
		bus: {address: withoutGuid(bus.address), relation: relationOf(manifest, watched)},
		frozenAt: stoppedAt ?? Date.parse(createdAt),
		imageBytes: folderBytes(checkpoint.images),
		policy,
		portableBecause: portable ? [] : portableBecause,
		copies: copies.map(({to}) => to),
		...(moved ? {movedTo: moved.to} : {}),
		...(origin ? {origin: {hostname: origin.hostname, packedAt: origin.packedAt}} : {}),
	};
}

function relationOf(manifest: Manifest, {address, guid}: WatchedDaemon): BusRelation {
	if (manifest.bus.guid === guid || connectionsOn(manifest, guid).length > 0) return 'watched';
	return withoutGuid(manifest.bus.address) === withoutGuid(address) ? 'earlier-daemon' : 'other';
}
