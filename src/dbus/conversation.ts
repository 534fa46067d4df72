import {Fault} from '../common/fault.js';
import {driver} from './calls.js';
import {field, type Header} from './wire/header.js';
import type {Value} from './wire/reader.js';
import {encodeMessage} from './wire/writer.js';

/** Milliseconds that a daemon may take for an answer. */
const answerTimeout = 10_000;

/** What the daemon answered: values, or an error in its own words. */
export interface Answer {
	body: Value[];
	error?: {name: string; text: string};
}

/** A method of the bus driver. */
export interface Question {
	interface?: string;
	member: string;
	signature?: string;
	body?: readonly unknown[];
}

interface Waiting {
	resolve(answer: Answer): void;
	reject(fault: Fault): void;
	onAnswer: ((answer: Answer) => void) | undefined;
	timer: NodeJS.Timeout;
}

/** Questions to the daemon and its answers, on a connection on which other messages come, too. */
export class Conversation {
	#serial = 0;
	#ended: string | undefined;
	readonly #waiting = new Map<number, Waiting>();

	/** The serial of the last question. */
	get serial(): number {
		return this.#serial;
	}

	/**
	 * Resolves with the answer, an error of the daemon's too. Rejects with Fault `monitor-refused` when none comes.
	 * @param onAnswer called at once, before the next message is looked at.
	 */
	ask(
		send: (message: Buffer) => void,
		question: Question,
		onAnswer?: (answer: Answer) => void,
	): Promise<Answer> {
		const serial = ++this.#serial;
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => this.end('timeout'), answerTimeout);
			this.#waiting.set(serial, {resolve, reject, onAnswer, timer});
			if (this.#ended === undefined) send(encodeMessage({...driver, type: 'call', serial, ...question}));
			else this.end(this.#ended);
		});
	}

	/** True: the message was an answer to one of our questions. */
	take(header: Header): boolean {
		if (header.type !== 'return' && header.type !== 'error') return false;
		const waiting = this.#waiting.get(header.replySerial);
		if (waiting === undefined) return false;
		this.#waiting.delete(header.replySerial);
		clearTimeout(waiting.timer);
		const answer = answerOf(header);
		waiting.onAnswer?.(answer);
		waiting.resolve(answer);
		return true;
	}

	/** No answer will come any more. */
	end(reason: string): void {
		this.#ended = reason;
		for (const {reject, timer} of this.#waiting.values()) {
			clearTimeout(timer);
			reject(new Fault('monitor-refused', {reason}));
		}
		this.#waiting.clear();
	}
}

function answerOf(header: Header): Answer {
	const body = header.body();
	if (header.type === 'return') return {body};
	const name = header.text(field.errorName) ?? '';
	return {body, error: {name, text: String(body[0] ?? name)}};
}
