import {driver} from '../calls.js';
import {field, type Header} from '../wire/header.js';

/**
 * Knows what the takeover of a service's names makes the daemon say to the service, so that it never gets to
 * see it: the replies to what we said in its place, NameLost and NameAcquired, and NameOwnerChanged between it
 * and the stand-in (whoever watches its own name hears that). Looks at the messages in the order in which the
 * daemon sent them; touches nothing.
 *
 * NameLost and NameAcquired do not say who else was involved, and the service may have unread ones of its own.
 * So they are noise only between the replies to two marks that the takeover makes in the held connection, one
 * before it moves anything and one after it has given everything back.
 */
export class NoiseFilter {
	readonly #names = new Set<string>();
	readonly #standIns = new Set<string>();
	/** Serials of ours that the daemon has yet to answer. */
	readonly #unanswered = new Map<number, 'opens' | 'closes' | 'other'>();
	#open = false;

	/** The daemon will answer this call of ours. */
	expectReply(serial: number, mark: 'opens' | 'closes' | 'other' = 'other'): void {
		this.#unanswered.set(serial, mark);
	}

	/** These names are about to move between the service and this stand-in. */
	expectMoves(names: readonly string[], standIn: string): void {
		for (const name of names) this.#names.add(name);
		this.#standIns.add(standIn);
	}

	/** Replies that have yet to be read. When it is 0 after everything was given back, no noise will follow. */
	get outstanding(): number {
		return this.#unanswered.size;
	}

	/** Whether this, the next message from the daemon, is noise. Ask once for each, in order. */
	isNoise(header: Header): boolean {
		if (header.text(field.sender) !== driver.destination) return false;
		if (header.type === 'return' || header.type === 'error') return this.#isOwnReply(header.replySerial);
		return header.type === 'signal' && this.#isOwnMove(header);
	}

	#isOwnReply(serial: number): boolean {
		const mark = this.#unanswered.get(serial);
		if (mark === undefined) return false;
		this.#unanswered.delete(serial);
		if (mark !== 'other') this.#open = mark === 'opens';
		return true;
	}

	#isOwnMove(header: Header): boolean {
		if (header.text(field.interface) !== driver.interface) return false;
		const member = header.text(field.member);
		const signature = header.text(field.signature);
		if (member === 'NameOwnerChanged' && signature === 'sss') {
			const [name, before, after] = header.body() as string[];
			return (
				this.#names.has(name ?? '') && (this.#standIns.has(before ?? '') || this.#standIns.has(after ?? ''))
			);
		}
		if ((member === 'NameLost' || member === 'NameAcquired') && signature === 's')
			return this.#open && this.#names.has(header.body()[0] as string);
		return false;
	}
}
