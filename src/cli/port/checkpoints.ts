import os from 'node:os';
import path from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Checkpoint} from '../../checkpoint/folder.js';
import {refuseLivingCopy} from '../../checkpoint/move/copies.js';
import type {Lock} from '../../checkpoint/move/encryption.js';
import {CheckpointStore, type StoredCheckpoint} from '../../checkpoint/store.js';
import {Fault, type FaultData} from '../../common/fault.js';
import {findCriu} from '../../criu/find.js';
import {messages} from '../../i18n/index.js';
import {thawOutlook} from '../../session/outlook.js';
import {leftBehind} from '../../session/repair/left-behind.js';
import type {
	CheckpointEntry,
	CheckpointLook,
	CheckpointsFeed,
	PackTarget,
	SendTarget,
	Work,
} from '../../tui/checkpoints/feed.js';
import {removeCheckpoint} from '../checkpoints/remove.js';
import {repairLines, repairStore} from '../checkpoints/repair.js';
import type {CommandContext} from '../context.js';
import {packCheckpoint, packedLines} from '../move/pack.js';
import {sendCheckpoint, sentLines} from '../move/send.js';
import {titleOf} from '../title.js';
import {checkpointEntry, type WatchedDaemon} from './checkpoint-entry.js';
import {StoredHandle} from './stored-handle.js';

/** So many entries are made of in one go; then a key may be answered. */
const atOnce = 20;

/** The checkpoints of the state dir, as the screen works with them: by the very code of the commands. */
export class StateDirCheckpoints implements CheckpointsFeed {
	constructor(
		private readonly context: Pick<CommandContext, 'stateDir' | 'criu' | 'env'>,
		private readonly watched: () => WatchedDaemon,
	) {}

	async list(): Promise<CheckpointEntry[]> {
		const entries: CheckpointEntry[] = [];
		for (const stored of this.#store.list().reverse()) {
			entries.push(checkpointEntry(stored, this.watched()));
			if (entries.length % atOnce === 0) await nextTurn();
		}
		return entries;
	}

	async look(name: string): Promise<CheckpointLook> {
		const {checkpoint, manifest} = this.#stored(name);
		const text = messages().cli.checkpoints.leftBehind;
		const left = leftBehind(checkpoint, manifest).map((what) => text[what]);
		await nextTurn();
		if (manifest instanceof Fault) return {faults: [], grown: [], leftBehind: left};
		const {next} = checkpointEntry({name, checkpoint, manifest}, this.watched());
		if (next.mode === 'impossible' && !next.inSpite) return {faults: [], grown: [], leftBehind: left};
		const {criu, env} = this.context;
		const {faults, grown} = await thawOutlook(checkpoint, manifest, () => findCriu(criu, env));
		return {faults: [...this.#livingCopy(checkpoint), ...faults], grown, leftBehind: left};
	}

	async review(name: string): Promise<StoredHandle> {
		return new StoredHandle(this.#store.find(name));
	}

	suggestedFile({name, facts}: CheckpointEntry): string {
		const last = facts?.names[0]?.split('.').at(-1) ?? facts?.comm ?? name;
		return path.resolve(`${last.replace(/[^\w-]/g, '_')}.dbusfreeze`);
	}

	async pack(name: string, {file, passphrase}: PackTarget, work: Work): Promise<string[]> {
		const checkpoint = this.#store.find(name);
		const lock: Lock | undefined = passphrase === '' ? undefined : {passphrase};
		const options = {...work, ...(lock ? {lock} : {})};
		return interrupted('pack', work, async () =>
			packedLines(await packCheckpoint(checkpoint, fromHome(file), options)),
		);
	}

	async send(name: string, {host, remoteCommand}: SendTarget, work: Work): Promise<string[]> {
		const checkpoint = this.#store.find(name);
		const title = titleOf(checkpoint.readManifest());
		const ssh = {host, remoteCommand, options: [], quiet: true};
		return interrupted('send', work, async () =>
			sentLines(await sendCheckpoint(checkpoint, ssh, work), title, host),
		);
	}

	async remove(name: string): Promise<void> {
		await removeCheckpoint(this.#store, name, true);
	}

	async repair(): Promise<string[]> {
		return repairLines(await repairStore(this.#store), this.#store);
	}

	/** Another copy of it that lives here. */
	#livingCopy(checkpoint: Checkpoint): FaultData[] {
		try {
			refuseLivingCopy(checkpoint, this.context.stateDir);
			return [];
		} catch (error) {
			if (error instanceof Fault) return [error.toJSON()];
			throw error;
		}
	}

	get #store(): CheckpointStore {
		return new CheckpointStore(this.context.stateDir);
	}

	#stored(name: string): StoredCheckpoint {
		const stored = this.#store.list().find((one) => one.name === name);
		if (!stored) throw new Fault('no-checkpoint', {path: name, reason: 'not-listed'});
		return stored;
	}
}

/** Whatever fails after the operator has asked for the end of it, failed because of that. */
async function interrupted<T>(
	operation: 'pack' | 'send',
	{signal}: Work,
	work: () => Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (signal.aborted) throw new Fault('aborted', {operation, by: 'operator'}, {cause: error});
		throw error;
	}
}

/** `~/…` as a shell would take it. */
function fromHome(file: string): string {
	return file.startsWith('~/') ? path.join(os.homedir(), file.slice(2)) : file;
}
