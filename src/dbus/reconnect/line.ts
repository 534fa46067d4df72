import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../../common/fault.js';
import {SystemCallError} from '../../kernel/errors.js';
import {receiveWithFds, sendWithFds} from '../../kernel/socket-messages.js';
import {AuthAnswer, AuthRejected, authRequest} from '../auth.js';
import {BusError, driver} from '../calls.js';
import {type HeldMessage, HeldReader} from '../held/reader.js';
import {HeldWriter} from '../held/writer.js';
import {field, Header} from '../wire/header.js';
import type {Value} from '../wire/reader.js';

/** A daemon that is alive answers each question within milliseconds. */
const answerLimitMs = 5000;
const lookMs = 1;

/**
 * Speaks with the daemon on a connection that will be the service's: nothing in it may change the socket, as Node's
 * streams do, and what the daemon sends that is meant for the service is kept. Its serials are far from those of
 * the service, which goes on counting where it was.
 */
export class Line {
	readonly reader: HeldReader;
	/** For the service, in the order of arrival. */
	readonly kept: HeldMessage[] = [];
	readonly #address: string;
	readonly #writer: HeldWriter;
	readonly #header = new Header();
	readonly #answers = new Map<number, {message: HeldMessage}>();

	private constructor(fd: number, address: string) {
		this.#address = address;
		this.reader = new HeldReader(fd);
		this.#writer = new HeldWriter(fd);
	}

	/**
	 * Authenticates as user `uid`, as whom it must have been connected.
	 * @throws Fault `bus-unreachable`: rejected, no bus, no answer.
	 */
	static async open(fd: number, address: string, uid: number): Promise<Line> {
		const line = new Line(fd, address);
		await line.#authenticate(fd, uid);
		return line;
	}

	/** Asks the driver. Rejects with BusError; Fault `bus-unreachable` when it does not answer. */
	async ask(member: string, signature = '', body: readonly unknown[] = [], more = {}): Promise<Value[]> {
		const serial = this.#writer.send({type: 'call', ...driver, ...more, member, signature, body});
		const end = performance.now() + answerLimitMs;
		for (;;) {
			this.#guarded(() => this.#writer.flush());
			this.#sort(this.#guarded(() => this.reader.read()));
			const answer = this.#answers.get(serial);
			if (answer) return this.#body(answer.message);
			if (this.reader.ended) throw this.#unreachable('closed');
			if (performance.now() > end) throw this.#unreachable('timeout');
			await delay(lookMs);
		}
	}

	#body({bytes}: HeldMessage): Value[] {
		const header = this.#header.load(bytes, 0, bytes.length);
		const body = header.body();
		if (header.type === 'error')
			throw new BusError(header.text(field.errorName) ?? '', String(body[0] ?? ''));
		return body;
	}

	/** Answers to us, what the driver tells a new client of itself, and the rest, which is the service's. */
	#sort(messages: readonly HeldMessage[]): void {
		for (const message of messages) {
			const header = this.#header.load(message.bytes, 0, message.bytes.length);
			const isDriver = header.text(field.sender) === driver.destination;
			const isAnswer = header.type === 'return' || header.type === 'error';
			if (isDriver && isAnswer) this.#answers.set(header.replySerial, {message});
			else if (!(isDriver && header.text(field.member) === 'NameAcquired')) this.kept.push(message);
		}
	}

	async #authenticate(fd: number, uid: number): Promise<void> {
		const answer = new AuthAnswer(this.#address);
		this.#guarded(() => sendWithFds(fd, Buffer.from(authRequest('EXTERNAL', uid), 'latin1')));
		const end = performance.now() + answerLimitMs;
		for (;;) {
			const received = this.#guarded(() => receiveWithFds(fd, 4096));
			if (received?.data.length === 0) throw this.#unreachable('closed');
			const rest = received && this.#guarded(() => answer.push(received.data));
			if (rest) {
				if (rest.length > 0) this.reader.returnPartial({bytes: rest, fds: [], at: Date.now()});
				return;
			}
			if (performance.now() > end) throw this.#unreachable('timeout');
			await delay(lookMs);
		}
	}

	#guarded<T>(work: () => T): T {
		try {
			return work();
		} catch (error) {
			if (error instanceof SystemCallError) throw this.#unreachable(error.code);
			if (error instanceof AuthRejected) throw this.#unreachable('rejected');
			throw error;
		}
	}

	#unreachable(reason: string): Fault {
		return new Fault('bus-unreachable', {address: this.#address, reason}, {processState: 'frozen'});
	}
}
