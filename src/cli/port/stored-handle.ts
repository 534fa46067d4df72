import type {Checkpoint} from '../../checkpoint/folder.js';
import {readJournal} from '../../checkpoint/journal.js';
import {Fault} from '../../common/fault.js';
import type {Moment, Snapshot} from '../../context/model.js';
import type {WaitingPage} from '../../dbus/held/service.js';
import type {SessionEvent} from '../../session/events.js';
import type {SessionHandle} from '../../tui/port.js';
import {readImages} from '../comparison.js';
import {type ComparedMoments, compareBetween} from './compare-between.js';

/** A session of the past: what was written down of it, and nobody who could go on with it. */
export class StoredHandle implements SessionHandle {
	readonly checkpoint: string;
	readonly events: AsyncIterable<SessionEvent>;
	readonly #folder: Checkpoint;

	constructor(folder: Checkpoint) {
		this.#folder = folder;
		this.checkpoint = folder.dir;
		this.events = told(folder);
	}

	async snapshot(moment: Moment): Promise<Snapshot | undefined> {
		const stored = this.#folder.readSnapshot(moment);
		return stored ?? (moment === 'image' ? readImages(this.#folder) : undefined);
	}

	compare(before: Moment, after: Moment): Promise<ComparedMoments | undefined> {
		return compareBetween((moment) => this.snapshot(moment), before, after);
	}

	/** Nothing waits with a session that is over. */
	async waiting(): Promise<WaitingPage> {
		return {total: 0, messages: []};
	}

	setPolicy(): Promise<never> {
		return Promise.reject(new Fault('keeper-unreachable', {checkpoint: this.checkpoint, reason: 'ended'}));
	}

	decide(): void {}

	continueAll(): void {}

	thaw(): void {}

	detach(): void {}
}

async function* told({journal}: Checkpoint): AsyncGenerator<SessionEvent> {
	yield* readJournal<SessionEvent>(journal);
}
