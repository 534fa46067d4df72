import fs from 'node:fs';
import {Fault} from '../../../common/fault.js';
import type {Checkpoint} from '../../folder.js';
import type {CheckpointState} from '../../manifest.js';
import {requirePackable} from '../contents.js';
import {forgetCopy, movedTo, recordCopy} from '../copies.js';
import {fileDigest} from '../file-digest.js';
import type {OnProgress} from '../progress.js';
import {type Parcel, parcelOf, removeParcel} from './parcel.js';
import {
	type Channel,
	Closed,
	doneSchema,
	greetingSchema,
	haveSchema,
	protocolVersion,
	Refused,
	readySchema,
} from './protocol.js';

/** Lines that a login shell may print before the other side's program is heard. */
const maxNoiseLines = 100;
const blockBytes = 1024 * 1024;

export interface SendOptions {
	signal?: AbortSignal;
	onProgress?: OnProgress;
}

export interface Sent {
	/** `sent`, or what the other side had become of it already. */
	outcome: 'sent' | 'there' | 'thawed';
	/** What it is called there. */
	name: string;
	cameBack: boolean;
	/** Of the packed checkpoint, and how much of it went over the line now. */
	size: number;
	sentBytes: number;
}

/**
 * Moves a frozen checkpoint to the other side of a channel. It is marked as moved before the other side may thaw
 * it. Throws `moved` when it is somewhere else already, `send-failed`, and what packing throws; after a failure
 * the same call goes on where this one stopped.
 * @param to what the user calls the other side.
 * @param open connects; called when the parcel is ready.
 */
export async function send(
	checkpoint: Checkpoint,
	to: string,
	open: () => Channel,
	{signal, onProgress = () => {}}: SendOptions = {},
): Promise<Sent> {
	const before = movedTo(checkpoint);
	if (before && before.to !== to)
		throw new Fault('moved', {checkpoint: checkpoint.dir, to: before.to, thawed: before.state === 'thawed'});
	const manifest = checkpoint.readManifest();
	requirePackable(checkpoint, manifest, true);
	const parcel = await parcelOf(checkpoint, {onProgress, ...(signal ? {signal} : {})});
	const progress = {sent: 0, total: parcel.size};
	try {
		return await converse({checkpoint, state: manifest.state, to, parcel}, open(), progress, onProgress);
	} catch (error) {
		const {sent, total} = progress;
		if (error instanceof Closed) throw new Fault('send-failed', {to, reason: 'closed', sent, total});
		if (error instanceof Refused) throw new Fault('send-failed', {to, reason: error.message, sent, total});
		throw error;
	}
}

interface Sending {
	checkpoint: Checkpoint;
	/** Its state when it was packed. */
	state: CheckpointState;
	to: string;
	parcel: Parcel;
}

async function converse(
	{checkpoint, state, to, parcel}: Sending,
	channel: Channel,
	progress: {sent: number; total: number},
	onProgress: OnProgress,
): Promise<Sent> {
	const {id, size, digest} = parcel;
	await hearGreeting(channel);
	channel.say({version: protocolVersion, id, size, digest});
	const have = await channel.hear(haveSchema);
	const mark = (there: 'moved' | 'thawed') =>
		recordCopy(checkpoint, {kind: 'host', to, at: new Date().toISOString(), state: there});
	if ('there' in have) {
		mark(have.there === 'thawed' ? 'thawed' : 'moved');
		removeParcel(checkpoint);
		const outcome = have.there === 'thawed' ? 'thawed' : 'there';
		return {outcome, name: have.name, cameBack: false, size, sentBytes: 0};
	}
	const fits = have.offset <= size && (await fileDigest(parcel.file, have.offset)) === have.digest;
	const from = fits ? have.offset : 0;
	channel.say({from});
	progress.sent = from;
	for await (const block of fs.createReadStream(parcel.file, {start: from, highWaterMark: blockBytes})) {
		await channel.write(block);
		progress.sent += block.length;
		onProgress({phase: 'send', done: progress.sent, total: size});
	}
	await channel.hear(readySchema);
	mark('moved');
	// Whoever thaws it says so first, and then looks for the mark: one of us sees the other.
	if (checkpoint.readManifest().state !== state) {
		forgetCopy(checkpoint, {kind: 'host', to});
		channel.say({commit: false});
		throw new Fault('checkpoint-changed', {checkpoint: checkpoint.dir});
	}
	channel.say({commit: true});
	const {name, cameBack} = await channel.hear(doneSchema);
	removeParcel(checkpoint);
	return {outcome: 'sent', name, cameBack, size, sentBytes: size - from};
}

async function hearGreeting(channel: Channel): Promise<void> {
	for (let lines = 0; lines < maxNoiseLines; lines++) {
		const line = await channel.reader.line();
		if (line === undefined) throw new Closed();
		const greeting = greetingSchema.safeParse(parsed(line));
		if (!greeting.success) continue;
		if (greeting.data.version === protocolVersion) return;
		throw new Fault('bad-peer', {detail: `version ${greeting.data.version}`});
	}
	throw new Fault('bad-peer', {detail: 'no greeting'});
}

function parsed(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}
