import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {z} from 'zod';
import {Fault} from '../../../common/fault.js';
import {replaceFile} from '../../../common/replace-file.js';
import {isAlive, startTime} from '../../../kernel/proc-stat.js';
import {readJson} from '../read-json.js';

/** What nobody has gone on with for so long is given up; milliseconds. It is the memory of a process. */
const keptMs = 7 * 24 * 3600 * 1000;
/** How long another receiver of the same gets to end, milliseconds, and how often we look. */
const endLimitMs = 5000;
const endPollMs = 20;
/** Share of the free space that may be used. */
const usableShare = 0.95;

const lockSchema = z.object({pid: z.number().int().positive(), startTime: z.string()});

/** A packed checkpoint that is arriving, in `incoming/ID.part` of the state dir. One process at a time has it. */
export class Incoming {
	readonly file: string;
	readonly #lock: string;

	private constructor(file: string, lock: string) {
		this.file = file;
		this.#lock = lock;
	}

	/**
	 * Opens it, and takes it over from a receiver whose connection is dead without its knowing.
	 * @param id of the frozen process, checked: it becomes a file name.
	 */
	static async open(stateDir: string, id: string): Promise<Incoming> {
		const folder = path.join(path.resolve(stateDir), 'incoming');
		fs.mkdirSync(folder, {recursive: true, mode: 0o700});
		removeOld(folder);
		const file = path.join(folder, `${id}.part`);
		const lock = path.join(folder, `${id}.lock`);
		await endOther(lock);
		replaceFile(lock, JSON.stringify({pid: process.pid, startTime: startTime(process.pid) ?? ''}));
		fs.closeSync(fs.openSync(file, 'a', 0o600));
		return new Incoming(file, lock);
	}

	get size(): number {
		return fs.statSync(this.file).size;
	}

	get freeBytes(): number {
		const {bavail, bsize} = fs.statfsSync(path.dirname(this.file));
		return Math.floor(bavail * bsize * usableShare);
	}

	/** Appends blocks after the first `from` bytes; what is there after them is given up. */
	async write(from: number, blocks: AsyncIterable<Buffer>): Promise<void> {
		const handle = await fs.promises.open(this.file, 'r+');
		try {
			await handle.truncate(from);
			let at = from;
			for await (const block of blocks) {
				await handle.write(block, 0, block.length, at);
				at += block.length;
			}
			await handle.sync();
		} catch (error) {
			const {code} = error as NodeJS.ErrnoException;
			if (code === 'ENOSPC' || code === 'EDQUOT') throw new Fault('disk-full', {path: this.file});
			throw error;
		} finally {
			await handle.close();
		}
	}

	/** It has arrived, or is of no use. */
	remove(): void {
		fs.rmSync(this.file, {force: true});
	}

	close(): void {
		fs.rmSync(this.#lock, {force: true});
	}
}

async function endOther(lock: string): Promise<void> {
	const other = readJson(lock, lockSchema);
	if (!other || !isAlive(other.pid, other.startTime)) return;
	process.kill(other.pid, 'SIGTERM');
	const end = performance.now() + endLimitMs;
	while (isAlive(other.pid, other.startTime)) {
		if (performance.now() > end) throw new Fault('not-now', {why: 'busy'});
		await delay(endPollMs);
	}
}

function removeOld(folder: string): void {
	for (const name of fs.readdirSync(folder)) {
		const file = path.join(folder, name);
		if (Date.now() - fs.statSync(file).mtimeMs > keptMs) fs.rmSync(file, {force: true});
	}
}
