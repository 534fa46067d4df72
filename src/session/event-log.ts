import {Journal, readJournal} from '../checkpoint/journal.js';
import type {SessionEvent, SessionEventBody} from './events.js';
import {initialSession, reduceSession, type SessionState} from './machine.js';

/**
 * The one place where a session's events are made: numbered, written to the journal before anybody sees them,
 * folded into the state, then handed to every reader.
 */
export class EventLog {
	readonly #journal: Journal<SessionEvent>;
	readonly #events: SessionEvent[];
	readonly #readers = new Set<(event: SessionEvent) => void>();
	#state: SessionState;
	/** A full disk must not stop a thaw: then events wait here, in order, until it takes them. */
	#unwritten: SessionEvent[] = [];

	/** Goes on where the journal in `file` ends, if there is one. */
	constructor(file: string) {
		this.#events = readJournal<SessionEvent>(file);
		this.#state = this.#events.reduce(reduceSession, initialSession);
		this.#journal = new Journal(file);
	}

	get state(): SessionState {
		return this.#state;
	}

	emit(body: SessionEventBody): void {
		const event: SessionEvent = {...body, seq: this.#state.nextSeq, at: Date.now()};
		// How much waits changes all the time and is gone after the thaw: not worth a line on the disk.
		if (event.type !== 'waiting') {
			this.#write(event);
			this.#events.push(event);
		}
		this.#state = reduceSession(this.#state, event);
		for (const reader of this.#readers) reader(event);
	}

	/** Hands over all past events, then each new one. Returns the way to stop. */
	subscribe(reader: (event: SessionEvent) => void): () => void {
		for (const event of this.#events) reader(event);
		const {waiting, nextSeq} = this.#state;
		// Not among the past events, and told anew only when it changes.
		if (waiting) reader({...waiting, type: 'waiting', seq: nextSeq - 1, at: Date.now()});
		this.#readers.add(reader);
		return () => this.#readers.delete(reader);
	}

	close(): void {
		this.#write();
		this.#journal.close();
	}

	#write(...events: SessionEvent[]): void {
		this.#unwritten.push(...events);
		try {
			for (let [next] = this.#unwritten; next; [next] = this.#unwritten) {
				this.#journal.append(next);
				this.#unwritten.shift();
			}
		} catch {
			// The manifest, which cannot be written then either, warns of it.
		}
	}
}
