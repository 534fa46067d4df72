import {folderBytes} from '../checkpoint/files.js';
import {comparePages, sumPages} from '../criu/memory/checksums.js';
import {compareDumped, rehearse} from '../criu/memory/compare.js';
import {type DumpedMemory, dumpedMemory} from '../criu/memory/dumped.js';
import type {MemoryReport} from '../criu/memory/report.js';
import {note, type SessionParts, warn} from './parts.js';

/**
 * `thorough`: however much memory it is, and against the process before the freeze as well. `quick`: what takes about a
 * millisecond, so small images only. `none`: reading where the pages are takes 10 ms of a processor that criu
 * needs, and a freeze and thaw at once is asked for when each of them counts.
 */
export type Thoroughness = 'thorough' | 'quick' | 'none';

/** Images up to this size are compared quickly, bytes. */
const quickBytes = 1024 * 1024;

/** What somebody asked for, or `otherwise`. Who steps looks around anyway. */
export function thoroughness(
	{stepping, verifyMemory}: {stepping: boolean; verifyMemory?: boolean},
	otherwise: 'quick' | 'none',
): Thoroughness {
	return stepping || verifyMemory === true ? 'thorough' : otherwise;
}

/**
 * Compares memory byte for byte while the tree stands still: at post-dump the images with the process that was
 * dumped, at pre-resume with the restored one.
 */
export class MemoryCheck {
	readonly #parts: SessionParts;
	readonly #thoroughness: Thoroughness;
	#dumped: Promise<DumpedMemory> | undefined;
	/** Not told yet. */
	#found: MemoryReport | undefined;

	constructor(parts: SessionParts, thorough: Thoroughness) {
		this.#parts = parts;
		this.#thoroughness = thorough;
	}

	/** Begins to read where the pages are, if they are to be compared. */
	prepare(): void {
		const {images} = this.#parts.checkpoint;
		if (this.#thoroughness === 'none') return;
		if (this.#thoroughness === 'quick' && folderBytes(images) > quickBytes) return;
		this.#dumped = dumpedMemory(images);
		this.#dumped.then(rehearse).catch(() => {}); // told by who waits for it
	}

	/** The last chance to see that the images are not what the process is: it can still run on. */
	async atPostDump(): Promise<void> {
		if (this.#thoroughness !== 'thorough') return;
		await this.#attempt(async () => {
			this.prepare();
			const report = await this.#compare('post-dump');
			this.#found = report;
			this.tell();
			const {different, bytes, equalBytes, kernelBytes} = report.dumped;
			if (different.length > 0) warn(this.#parts, 'image-differs', {bytes: bytes - equalBytes - kernelBytes});
			const {checkpoint, manifest} = this.#parts;
			const dumped = await this.#dumped;
			const {pids = []} = manifest?.target ?? {};
			if (dumped) checkpoint.writePageSums(await sumPages(pids, dumped, this.#tell, this.#here));
		});
	}

	/** The moment of truth: everything is restored and nothing has run yet. */
	async atPreResume(): Promise<void> {
		await this.#attempt(async () => {
			if (!this.#dumped) return;
			this.#found = await this.#compare('pre-resume');
			// Where nobody looks at the stage, writing it down can wait until the tree runs.
			if (this.#thoroughness === 'thorough') this.tell();
		});
	}

	/** Writes down what was found, once. */
	tell(): void {
		const report = this.#found;
		if (!report) return;
		this.#found = undefined;
		note(this.#parts, () => this.#parts.checkpoint.writeMemory(report));
		this.#parts.log.emit({type: 'memory', report});
	}

	async #compare(moment: MemoryReport['moment']): Promise<MemoryReport> {
		const dumped = await this.#dumped;
		if (!dumped) throw new Error('compared before it was prepared');
		const start = performance.now();
		const report: MemoryReport = {
			version: 1,
			moment,
			dumped: await compareDumped(dumped, this.#tell, this.#here),
			ms: 0,
		};
		const sums = this.#thoroughness === 'thorough' ? this.#parts.checkpoint.readPageSums() : undefined;
		if (sums && moment === 'pre-resume') report.original = await comparePages(sums, this.#tell, this.#here);
		report.ms = performance.now() - start;
		return report;
	}

	readonly #here = (pid: number): number => this.#parts.numbers.here(pid);

	readonly #tell = (done: number, total: number): void => {
		const detail = `${(done / 1e6).toFixed(0)}/${(total / 1e6).toFixed(0)} MB`;
		this.#parts.log.emit({type: 'progress', step: 'memory', detail});
	};

	/** What cannot be compared must not keep a service from running. */
	async #attempt(work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			warn(this.#parts, 'memory-not-compared', {reason: (error as Error).message});
		}
	}
}
