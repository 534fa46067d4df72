import fs from 'node:fs';
import path from 'node:path';
import {Fault} from '../common/fault.js';
import {Checkpoint} from './folder.js';
import type {Manifest} from './manifest.js';
import {listedManifest} from './manifest-cache.js';

export interface StoredCheckpoint {
	/** What `thaw` and `diff` accept beside the folder. */
	name: string;
	checkpoint: Checkpoint;
	/** The fault when the folder cannot be read as a checkpoint. */
	manifest: Manifest | Fault;
}

/** The checkpoints of one state dir. Those written elsewhere (`--output`) are there as links. */
export class CheckpointStore {
	/** The folder of all of them. */
	readonly root: string;

	constructor(stateDir: string) {
		this.root = path.join(path.resolve(stateDir), 'checkpoints');
	}

	/**
	 * Makes a new checkpoint called after the service. Throws `output-unwritable`, `output-exists`.
	 * @param output a folder of the user's own; then a link to it is kept here.
	 */
	create(service: string, output: string | undefined, now: Date): Checkpoint {
		const own = this.freePlace(nameOf(service, now));
		try {
			fs.mkdirSync(this.root, {recursive: true, mode: 0o700});
		} catch (error) {
			throw new Fault('output-unwritable', {path: this.root, reason: (error as Error).message});
		}
		if (output === undefined) return Checkpoint.create(own);
		const checkpoint = Checkpoint.create(output);
		fs.symlinkSync(checkpoint.dir, own);
		return checkpoint;
	}

	/** Newest last. Links to folders that are gone are left out. */
	list(): StoredCheckpoint[] {
		let names: string[];
		try {
			// Hidden ones are being built.
			names = fs.readdirSync(this.root).filter((name) => !name.startsWith('.'));
		} catch {
			return [];
		}
		return names
			.filter((name) => fs.existsSync(path.join(this.root, name)))
			.map((name) => this.#stored(name))
			.sort((a, b) => createdAt(a).localeCompare(createdAt(b)));
	}

	/** Links to folders that are gone. */
	danglingLinks(): string[] {
		const names = fs.existsSync(this.root) ? fs.readdirSync(this.root) : [];
		return names.map((name) => path.join(this.root, name)).filter((file) => !fs.existsSync(file));
	}

	/** A folder, or a name from `list`. Throws `no-checkpoint`. */
	find(text: string): Checkpoint {
		const named = path.join(this.root, text);
		const isName = !text.includes('/') && text !== '.' && text !== '..' && fs.existsSync(named);
		const checkpoint = new Checkpoint(isName ? fs.realpathSync(named) : text);
		checkpoint.readManifest();
		return checkpoint;
	}

	/** Deletes the folder (and the link to it). The caller has made sure that nothing lives of it. */
	remove(stored: StoredCheckpoint): void {
		fs.rmSync(stored.checkpoint.dir, {recursive: true, force: true});
		fs.rmSync(path.join(this.root, stored.name), {recursive: true, force: true});
	}

	/** Deletes a checkpoint that has just been made and came to nothing. A folder of the user's own stays, empty. */
	discard(checkpoint: Checkpoint): void {
		const stored = this.list().find((one) => one.checkpoint.dir === checkpoint.dir);
		if (stored) this.remove(stored);
	}

	#stored(name: string): StoredCheckpoint {
		const checkpoint = new Checkpoint(fs.realpathSync(path.join(this.root, name)));
		try {
			return {name, checkpoint, manifest: listedManifest(checkpoint)};
		} catch (error) {
			if (error instanceof Fault) return {name, checkpoint, manifest: error};
			throw error;
		}
	}

	/** A new folder for a checkpoint of this name, or one like it. Nothing is made. */
	freePlace(name: string): string {
		const base = name.replace(/[^\w.-]/g, '_').replace(/^[.-]+/, '') || 'process';
		for (let n = 1; ; n++) {
			const place = path.join(this.root, n === 1 ? base : `${base}-${n}`);
			if (!fs.existsSync(place)) return place;
		}
	}

	/** Lists a checkpoint that is somewhere else, under this name or one like it. */
	link(checkpoint: Checkpoint, name: string): void {
		fs.mkdirSync(this.root, {recursive: true, mode: 0o700});
		fs.symlinkSync(checkpoint.dir, this.freePlace(name));
	}
}

/** After the service and the time. */
function nameOf(service: string, now: Date): string {
	const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
	return `${service.replace(/^[^\w]+/, '') || 'process'}-${time}`;
}

function createdAt({manifest}: StoredCheckpoint): string {
	return manifest instanceof Fault ? '' : manifest.createdAt;
}
