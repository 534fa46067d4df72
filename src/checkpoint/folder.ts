import fs from 'node:fs';
import path from 'node:path';
import {Fault} from '../common/fault.js';
import {replaceFile} from '../common/replace-file.js';
import type {Moment, Snapshot} from '../context/model.js';
import {inOwnNumbers} from '../context/own-numbers.js';
import type {PageSums} from '../criu/memory/checksums.js';
import type {MemoryReport} from '../criu/memory/report.js';
import {syncTree} from './files.js';
import {type Manifest, manifestSchema} from './manifest.js';
import {type ReconnectData, reconnectDataSchema} from './reconnect-data.js';

/** A manifest of a service with many libraries has about 30 kB; it is written beside the old one. */
const reserveBytes = 256 * 1024;

/** One checkpoint on disk. The folder and all folders in it are 0700, the files 0600. */
export class Checkpoint {
	readonly dir: string;

	constructor(dir: string) {
		this.dir = path.resolve(dir);
	}

	/**
	 * Makes the folder with its empty parts. An existing folder must be empty and ours.
	 * Throws `output-exists` or `output-unwritable`.
	 */
	static create(dir: string): Checkpoint {
		const checkpoint = new Checkpoint(dir);
		try {
			fs.mkdirSync(checkpoint.dir, {recursive: true, mode: 0o700});
			if (fs.readdirSync(checkpoint.dir).length > 0) throw new Fault('output-exists', {path: checkpoint.dir});
			fs.chmodSync(checkpoint.dir, 0o700);
			for (const part of [checkpoint.images, checkpoint.gate, checkpoint.stash])
				fs.mkdirSync(part, {mode: 0o700});
			fs.writeFileSync(checkpoint.#reserve, Buffer.alloc(reserveBytes), {mode: 0o600});
		} catch (error) {
			if (error instanceof Fault) throw error;
			throw new Fault('output-unwritable', {path: checkpoint.dir, reason: reasonOf(error)});
		}
		return checkpoint;
	}

	/** Nothing was written to it yet. */
	get isFresh(): boolean {
		return !fs.existsSync(path.join(this.dir, 'manifest.json'));
	}

	get images(): string {
		return path.join(this.dir, 'images');
	}

	/** FIFOs and script through which criu asks at each stage. */
	get gate(): string {
		return path.join(this.dir, 'gate');
	}

	get stash(): string {
		return path.join(this.dir, 'stash');
	}

	/** The service's messages meanwhile, where that was asked for. */
	get capture(): string {
		return path.join(this.dir, 'traffic.pcap');
	}

	get journal(): string {
		return path.join(this.dir, 'events.jsonl');
	}

	/** Where its keeper listens while it lives. */
	get keeperSocket(): string {
		return path.join(this.dir, 'keeper.sock');
	}

	get keeperLog(): string {
		return path.join(this.dir, 'keeper.log');
	}

	log(operation: 'dump' | 'restore'): string {
		return path.join(this.dir, `${operation}.log`);
	}

	/** Throws `no-checkpoint` when the folder, its manifest, or a field of it is not as it must be. */
	readManifest(): Manifest {
		let text: string;
		try {
			text = fs.readFileSync(path.join(this.dir, 'manifest.json'), 'utf8');
		} catch (error) {
			throw new Fault('no-checkpoint', {path: this.dir, reason: reasonOf(error)});
		}
		try {
			return manifestSchema.parse(JSON.parse(text));
		} catch (error) {
			const reason = error instanceof SyntaxError ? error.message : firstIssue(error);
			throw new Fault('no-checkpoint', {path: this.dir, reason: `manifest.json: ${reason}`});
		}
	}

	/** On a full disk the reserve makes room for it, once. */
	writeManifest(manifest: Manifest): void {
		const file = path.join(this.dir, 'manifest.json');
		const text = `${JSON.stringify(manifest, undefined, '\t')}\n`;
		try {
			replaceFile(file, text);
		} catch (error) {
			if (!isFull(error) || !fs.existsSync(this.#reserve)) throw error;
			fs.rmSync(this.#reserve);
			replaceFile(file, text);
		}
		if (isFinal(manifest)) fs.rmSync(this.#reserve, {force: true});
	}

	/** Room on the disk for what must be written at the end, however full it is then. */
	get #reserve(): string {
		return path.join(this.dir, 'reserve');
	}

	/** Undefined: this checkpoint was made before there was such a file. */
	readReconnect(): ReconnectData | undefined {
		try {
			return reconnectDataSchema.parse(JSON.parse(fs.readFileSync(this.#reconnectFile, 'utf8')));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
			throw new Fault('no-checkpoint', {path: this.dir, reason: `reconnect.json: ${firstIssue(error)}`});
		}
	}

	writeReconnect(data: ReconnectData): void {
		replaceFile(this.#reconnectFile, `${JSON.stringify(data)}\n`);
	}

	get #reconnectFile(): string {
		return path.join(this.dir, 'reconnect.json');
	}

	/** Before a dump that is done again: nothing of the last one may be taken for a part of it. */
	emptyImages(): void {
		for (const name of fs.readdirSync(this.images)) fs.rmSync(path.join(this.images, name));
	}

	/** Waits until the checkpoint as it is now would survive a power cut. */
	sync(): Promise<void> {
		return syncTree(this.dir);
	}

	readSnapshot(moment: Moment): Snapshot | undefined {
		return this.#read(this.#snapshotFile(moment)) as Snapshot | undefined;
	}

	/** In the numbers of the images: all of a checkpoint's snapshots are to be compared with each other. */
	writeSnapshot(snapshot: Snapshot): void {
		replaceFile(this.#snapshotFile(snapshot.moment), `${JSON.stringify(inOwnNumbers(snapshot))}\n`);
	}

	/** How the memory compared at the last moment at which it was; unchecked, as `readSnapshot`. */
	readMemory(): unknown {
		return this.#read(path.join(this.dir, 'memory.json'));
	}

	writeMemory(report: MemoryReport): void {
		replaceFile(path.join(this.dir, 'memory.json'), `${JSON.stringify(report)}\n`);
	}

	/** Checksums of what was in memory when it was dumped. */
	readPageSums(): PageSums | undefined {
		return this.#read(path.join(this.dir, 'page-sums.json')) as PageSums | undefined;
	}

	writePageSums(pages: PageSums): void {
		replaceFile(path.join(this.dir, 'page-sums.json'), `${JSON.stringify(pages)}\n`);
	}

	/** Undefined when there is no such file. */
	#read(file: string): unknown {
		try {
			return JSON.parse(fs.readFileSync(file, 'utf8'));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
			throw error;
		}
	}

	#snapshotFile(moment: Moment): string {
		return path.join(this.dir, `${moment}.json`);
	}
}

function isFull(error: unknown): boolean {
	return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Nothing will be written any more. */
function isFinal({state}: Manifest): boolean {
	return state !== 'freezing' && state !== 'frozen' && state !== 'thawing';
}

/** The errno name where there is one: `i18n` knows the usual ones. */
function reasonOf(error: unknown): string {
	const {code, message} = error as NodeJS.ErrnoException;
	return code ?? message;
}

function firstIssue(error: unknown): string {
	const issue = (error as {issues?: Array<{path: PropertyKey[]; message: string}>}).issues?.[0];
	return issue ? `${issue.path.join('.')}: ${issue.message}` : String(error);
}
