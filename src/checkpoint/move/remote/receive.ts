import fs from 'node:fs';
import path from 'node:path';
import {Fault} from '../../../common/fault.js';
import type {Checkpoint} from '../../folder.js';
import {standingOf} from '../../standing.js';
import {CheckpointStore, type StoredCheckpoint} from '../../store.js';
import {copiesOf, forgetCopy, movedTo} from '../copies.js';
import {fileDigest} from '../file-digest.js';
import {instanceId} from '../identity.js';
import {Placement} from '../placement.js';
import {unpackInto} from '../unpack.js';
import {Incoming} from './incoming.js';
import {
	beginSchema,
	type Channel,
	Closed,
	commitSchema,
	type Offer,
	offerSchema,
	protocolVersion,
} from './protocol.js';

/**
 * Takes one checkpoint from the other side of a channel. What has come stays for the next time if the connection
 * breaks. Throws the faults of unpacking, `no-space`, `bad-peer`, and `Closed`.
 * @returns the checkpoint; undefined if it was here already, or if the other side did not want it moved after all.
 */
export async function receive(channel: Channel, stateDir: string): Promise<Checkpoint | undefined> {
	channel.say({receive: 'dbusfreeze', version: protocolVersion});
	const offer = await channel.hear(offerSchema);
	const store = new CheckpointStore(stateDir);
	const known = store.list().find((one) => idOf(one) === offer.id);
	if (known && !movedTo(known.checkpoint)) {
		channel.say({there: isThawed(known) ? 'thawed' : 'frozen', name: known.name});
		return undefined;
	}
	const incoming = await Incoming.open(stateDir, offer.id);
	try {
		await takeBytes(channel, incoming, offer);
		return await unpackAndCommit(channel, incoming, store, known);
	} finally {
		incoming.close();
	}
}

async function takeBytes(channel: Channel, incoming: Incoming, offer: Offer): Promise<void> {
	const {file} = incoming;
	const offset = Math.min(incoming.size, offer.size);
	channel.say({offset, digest: await fileDigest(file, offset)});
	const {from} = await channel.hear(beginSchema);
	if (from > offset) throw new Fault('bad-peer', {detail: `from ${from}`});
	const needed = offer.size - from;
	if (needed > incoming.freeBytes)
		throw new Fault('no-space', {path: file, needed, free: incoming.freeBytes});
	await incoming.write(from, channel.reader.take(needed));
	if (incoming.size < offer.size) throw new Closed();
	if ((await fileDigest(file)) === offer.digest) return;
	incoming.remove();
	throw new Fault('bad-archive', {path: path.basename(file), defect: 'checksum', entry: ''});
}

async function unpackAndCommit(
	channel: Channel,
	incoming: Incoming,
	store: CheckpointStore,
	known: StoredCheckpoint | undefined,
): Promise<Checkpoint | undefined> {
	const placement = new Placement(store);
	try {
		const source = fs.createReadStream(incoming.file, {highWaterMark: 1024 * 1024});
		const index = await unpackInto(placement, source, path.basename(incoming.file)).catch((error) => {
			incoming.remove();
			throw error;
		});
		channel.say({ready: true});
		const {commit} = await channel.hear(commitSchema);
		if (!commit) return undefined;
		const checkpoint = known ? takeBack(known.checkpoint) : await placement.commit(index.name);
		channel.say({name: known?.name ?? path.basename(checkpoint.dir), cameBack: known !== undefined});
		incoming.remove();
		return checkpoint;
	} finally {
		placement.discard();
	}
}

/** It left from here and comes back as it was: the original, which may still be held, is thawable again. */
function takeBack(checkpoint: Checkpoint): Checkpoint {
	for (const copy of copiesOf(checkpoint)) if (copy.kind === 'host') forgetCopy(checkpoint, copy);
	return checkpoint;
}

function idOf({checkpoint, manifest}: StoredCheckpoint): string | undefined {
	return manifest instanceof Fault ? undefined : instanceId(checkpoint, manifest);
}

function isThawed({manifest}: StoredCheckpoint): boolean {
	return !(manifest instanceof Fault) && standingOf(manifest) === 'thawed';
}
