import path from 'node:path';
import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import {refuseSecondLife} from '../checkpoint/move/copies.js';
import {pidHere} from '../checkpoint/numbers.js';
import {keeperIn} from '../checkpoint/owner.js';
import {standingOf} from '../checkpoint/standing.js';
import {Fault} from '../common/fault.js';
import {findCriu} from '../criu/find.js';
import {withoutGuid} from '../dbus/address.js';
import {KeeperClient} from '../keeper/client.js';
import {startKeeper} from '../keeper/start.js';
import type {CommandContext} from './context.js';

/** A client of the keeper of a frozen checkpoint. Throws the fault that says why it is not frozen. */
export async function connectToFrozen(
	checkpoint: Checkpoint,
): Promise<{client: KeeperClient; manifest: Manifest}> {
	const manifest = checkpoint.readManifest();
	requireFrozen(checkpoint.dir, manifest);
	try {
		return {client: await KeeperClient.connect(checkpoint.dir), manifest};
	} catch (error) {
		throw error instanceof Fault ? Object.assign(error, {processState: 'frozen'}) : error;
	}
}

/**
 * As `connectToFrozen`; a checkpoint whose keeper has ended gets another one, which can thaw it with new connections.
 * They are made to the bus where the old ones were, unless the command line names an address.
 * @param force even if it was moved away, or another copy of it lives.
 */
export async function takeOver(
	context: CommandContext,
	checkpoint: Checkpoint,
	force = false,
): Promise<{client: KeeperClient; manifest: Manifest}> {
	const manifest = checkpoint.readManifest();
	const standing = standingOf(manifest);
	if (standing !== 'keeper-gone' && standing !== 'given-up') return connectToFrozen(checkpoint);
	// One that gave it up stays as long as somebody looks.
	if (keeperIn(checkpoint) !== undefined) {
		const client = await KeeperClient.connect(checkpoint.dir).catch(() => undefined);
		if (client) return {client, manifest};
	}
	if (!force) refuseSecondLife(checkpoint, context.stateDir);
	const address = context.bus.kind === 'address' ? context.bus.address : withoutGuid(manifest.bus.address);
	const client = await startKeeper(checkpoint, {
		bus: {address},
		criu: await findCriu(context.criu, context.env),
		stateDir: path.resolve(context.stateDir),
	});
	return {client, manifest};
}

/** Throws unless the checkpoint is frozen and its keeper lives. */
export function requireFrozen(dir: string, manifest: Manifest): void {
	const pid = pidHere(manifest);
	const running = {processState: 'running'} as const;
	switch (standingOf(manifest)) {
		case 'frozen':
		case 'thawing':
		case 'connection-gone':
			return;
		case 'thawed':
			throw new Fault('already-thawed', {checkpoint: dir, pid}, running);
		case 'left-running':
		case 'aborted':
			throw new Fault('not-frozen', {checkpoint: dir, pid, reason: manifest.state as 'aborted'}, running);
		case 'freezing':
		case 'still-runs':
			throw new Fault('not-frozen', {checkpoint: dir, pid, reason: 'never-frozen'}, running);
		case 'keeper-gone':
		case 'given-up':
			throw new Fault('hold-lost', {checkpoint: dir, reason: 'keeper-gone'}, {processState: 'frozen'});
		case 'lost':
			throw new Fault('process-lost', {pid, reason: 'recorded'}, {processState: 'lost'});
	}
}
