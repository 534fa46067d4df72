import fs from 'node:fs';
import path from 'node:path';
import {Fault} from '../../common/fault.js';
import {syncTree} from '../files.js';
import {Checkpoint} from '../folder.js';
import type {CheckpointStore} from '../store.js';
import {removeLeftovers, syncFolder, unfinishedName} from './leftovers.js';

const label = 'unpacking';

/**
 * A checkpoint that is being built where nobody sees it, next to where it will be, and appears there as a whole
 * or not at all.
 */
export class Placement {
	/** Where to build it; mode 0700. */
	readonly dir: string;
	readonly #store: CheckpointStore;
	readonly #output: string | undefined;

	/** Throws `output-exists`, `output-unwritable`. @param output a new folder of the user's own. */
	constructor(store: CheckpointStore, output?: string) {
		this.#store = store;
		this.#output = output === undefined ? undefined : path.resolve(output);
		const folder = this.#output === undefined ? store.root : path.dirname(this.#output);
		this.dir = unfinishedName(folder, label);
		try {
			if (
				this.#output !== undefined &&
				fs.existsSync(this.#output) &&
				fs.readdirSync(this.#output).length > 0
			)
				throw new Fault('output-exists', {path: this.#output});
			fs.mkdirSync(folder, {recursive: true, mode: 0o700});
			removeLeftovers(folder, label);
			// A file that was being made when its archive turned out to be bad may come after the others have gone.
			fs.rmSync(this.dir, {recursive: true, force: true, maxRetries: 5, retryDelay: 20});
			fs.mkdirSync(this.dir, {mode: 0o700});
		} catch (error) {
			if (error instanceof Fault) throw error;
			const {code = '', message} = error as NodeJS.ErrnoException;
			throw new Fault('output-unwritable', {path: this.#output ?? folder, reason: code || message});
		}
	}

	/** Bytes that may still be written there. */
	get freeBytes(): number {
		const {bavail, bsize} = fs.statfsSync(this.dir);
		return bavail * bsize;
	}

	/** Puts it in its place, under this name or one like it. @throws Fault `output-exists` */
	async commit(name: string): Promise<Checkpoint> {
		await syncTree(this.dir);
		const final = this.#output ?? this.#store.freePlace(name);
		try {
			// Onto an empty folder this works, onto any other it fails.
			fs.renameSync(this.dir, final);
		} catch {
			throw new Fault('output-exists', {path: final});
		}
		syncFolder(path.dirname(final));
		const checkpoint = new Checkpoint(final);
		if (this.#output !== undefined) this.#store.link(checkpoint, name);
		return checkpoint;
	}

	/** Removes what was built; nothing after `commit`. */
	discard(): void {
		fs.rmSync(this.dir, {recursive: true, force: true});
	}
}
