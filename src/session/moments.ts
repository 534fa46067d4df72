import type {Checkpoint} from '../checkpoint/folder.js';
import type {Moment, Snapshot, StageMoment} from '../context/model.js';
import {imageCores} from '../criu/images/core-file.js';
import {imageSnapshot} from '../criu/images/snapshot.js';
import {backtraces, type Unwindable} from '../process/backtraces.js';
import {liveCore} from '../process/live-core.js';
import {thisMachine} from '../process/machine.js';
import {type StackCopies, snapshotProcesses} from '../process/snapshot.js';
import type {EventLog} from './event-log.js';
import type {Operation} from './events.js';

/**
 * The snapshots of one freeze and thaw: written, told of once, in the order of time. Backtraces are added later,
 * when nothing waits any more, from what was copied of the stacks.
 */
export class Moments {
	readonly #checkpoint: Checkpoint;
	readonly #log: EventLog;
	/** Snapshots that have no backtraces yet. */
	readonly #untraced = new Map<Moment, () => Promise<Unwindable[]>>();

	constructor(checkpoint: Checkpoint, log: EventLog) {
		this.#checkpoint = checkpoint;
		this.#log = log;
	}

	/** Throws when the disk does not take it. */
	store(snapshot: Snapshot): void {
		this.#checkpoint.writeSnapshot(snapshot);
		this.#log.emit({type: 'snapshot', moment: snapshot.moment});
	}

	read(moment: Moment): Snapshot | undefined {
		return this.#checkpoint.readSnapshot(moment);
	}

	/** Remembers what was copied of the stacks of a live process, which may be gone soon. */
	keepStacks(snapshot: Snapshot, stacks: StackCopies): void {
		const cores = snapshot.processes.flatMap((process) => liveCore(process, stacks) ?? []);
		this.#untraced.set(snapshot.moment, async () => cores);
	}

	/** What the images say now, with digests of the memory if they are worth comparing. Throws Fault `bad-image`. */
	async readImages(digests: boolean): Promise<Snapshot> {
		const {images} = this.#checkpoint;
		const snapshot = await imageSnapshot(images, {digests});
		this.#untraced.set('image', () => imageCores(images, snapshot));
		return snapshot;
	}

	/** A stage at which somebody looks: there is time. Without stopping anything, and without asking the bus. */
	storeStage(during: Operation, stage: string, pid: number, inCriu: boolean): void {
		const moment: StageMoment = `at-${stage.replace(/[^a-z0-9-]/gi, '_')}`;
		this.store({...lookAt(moment, pid), during, ...(inCriu ? {inCriu} : {})});
	}

	/**
	 * Adds the backtraces that are missing. What cannot be unwound stays without; throws when the disk does not
	 * take it.
	 */
	async traceBack(): Promise<void> {
		for (const [moment, cores] of this.#untraced) {
			this.#untraced.delete(moment);
			const found = await Promise.all((await cores()).map((core) => backtraces(core)));
			// It may have been changed since: what was learnt while the process stood still is in it.
			const snapshot = this.read(moment);
			if (!snapshot) continue;
			for (const frames of found) addFrames(snapshot, frames);
			this.store(snapshot);
		}
	}
}

/** The processes under `pid` now, from /proc alone. */
export function lookAt(moment: Moment, pid: number, quick = false): Snapshot {
	return {
		version: 1,
		moment,
		takenAt: new Date().toISOString(),
		pid,
		machine: thisMachine(),
		processes: snapshotProcesses(pid, {quick}),
		connections: [],
	};
}

function addFrames({processes}: Snapshot, found: Awaited<ReturnType<typeof backtraces>>): void {
	for (const thread of processes.flatMap(({threads}) => threads)) {
		const frames = found.get(thread.tid);
		if (frames && frames.length > 0) thread.backtrace = frames;
	}
}
