import {SystemCallError} from '../../kernel/errors.js';
import {field, flag, type Header} from '../wire/header.js';
import {type FrozenService, frozenErrorName, type RefusalLog, refusalText} from './refusal.js';
import type {HeldWriter} from './writer.js';

/** Answers that may wait for room in the socket; a caller gets no answer when the daemon does not read for so long. */
const mostWaitingBytes = 1024 * 1024;

/**
 * Refuses the calls that reach a frozen service by its unique name, or reached it before its names were taken
 * over: each gets an error reply written on the held socket, so it comes from the service itself.
 */
export class CallRefuser {
	readonly #writer: HeldWriter;
	readonly #service: FrozenService;
	readonly #log: RefusalLog;
	readonly #ownNames: ReadonlySet<string>;

	constructor(writer: HeldWriter, service: FrozenService, log: RefusalLog) {
		this.#writer = writer;
		this.#service = service;
		this.#log = log;
		this.#ownNames = new Set([service.uniqueName, ...service.names]);
	}

	/** So many answers wait for the daemon to read that no more calls should be read from the socket now. */
	get isCongested(): boolean {
		if (this.#writer.waiting === 0) return false;
		this.#flush();
		return this.#writer.waiting > mostWaitingBytes;
	}

	/**
	 * Refuses the message if it is a call to the service. A call to somebody else, of which an eavesdropping
	 * service got a copy, is none of its.
	 * @returns whether it was one; it has had its fate then.
	 */
	refuse(header: Header, at: number): boolean {
		const destination = header.text(field.destination) ?? '';
		if (header.type !== 'call' || !this.#ownNames.has(destination)) return false;
		const sender = header.text(field.sender) ?? '';
		this.#log.add({
			at,
			sender,
			destination,
			path: header.text(field.path) ?? '',
			interface: header.text(field.interface) ?? '',
			member: header.text(field.member) ?? '',
			noReply: header.noReply,
		});
		if (!header.noReply) this.#answer(sender, header.serial);
		return true;
	}

	#answer(destination: string, replySerial: number): void {
		this.#guarded(() =>
			this.#writer.send({
				type: 'error',
				flags: flag.noReplyExpected,
				errorName: frozenErrorName,
				replySerial,
				destination,
				signature: 's',
				body: [refusalText(this.#service)],
			}),
		);
	}

	#flush(): void {
		this.#guarded(() => this.#writer.flush());
	}

	/** Once the daemon has closed nobody waits for answers any more; the reader tells of the end. */
	#guarded(write: () => void): void {
		try {
			write();
		} catch (error) {
			if (!(error instanceof SystemCallError)) throw error;
		}
	}
}
