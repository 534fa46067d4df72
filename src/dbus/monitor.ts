import {Fault} from '../common/fault.js';
import type {BusLocation} from './address.js';
import {WallClock} from './clock.js';
import {type Connection, openConnection} from './connection.js';
import {type Answer, Conversation} from './conversation.js';
import type {TrafficMode} from './types.js';
import {WireError} from './wire/error.js';
import {field, Header} from './wire/header.js';

const invalidRule = 'org.freedesktop.DBus.Error.MatchRuleInvalid';

export interface MonitorOptions extends BusLocation {
	/** Match rules for the daemon; none means every message. */
	rules?: readonly string[];
	/** Unique names of our own helper connections, whose calls and replies nobody wants to see. */
	hidden?: ReadonlySet<string>;
	/**
	 * Each message, with the wall clock of its reading (milliseconds since the epoch). The header is used again
	 * for the next message; its `bytes[start, end)` stay valid for as long as they are referred to, unless
	 * `reusesFrames`.
	 */
	onMessage(header: Header, at: number): void;
	/** True: nobody refers to a message after `onMessage`. */
	reusesFrames?: boolean;
	/** After the messages of one read: the moment to write or draw. */
	onReadEnd?(): void;
	/** A frame whose header cannot be read; it is passed over. */
	onMalformed?(): void;
	/** The monitor has ended; the reason is missing when we closed it ourselves. */
	onEnd?(reason?: string): void;
}

export interface Monitor {
	readonly mode: Exclude<TrafficMode, 'off' | 'capture'>;
	/** Why it is not a monitor, in the daemon's words. */
	readonly refusal?: string;
	/** As a monitor: the name it had until it became one. */
	readonly uniqueName: string;
	/** False: the daemon leaves out messages that carry descriptors. */
	readonly passesFds: boolean;
	/** The entry of the address list that answered. */
	readonly address: string;
	/** The daemon's id. */
	readonly guid: string;
	close(): void;
}

/**
 * Opens a connection that sees all traffic and never sends anything again. Where the daemon does not allow that,
 * match rules show what they can: the messages of others if the policy lets us eavesdrop, else what is sent to
 * everybody. Descriptors in messages are counted by their header; the kernel closes the descriptors themselves,
 * because we read without asking for them.
 * Throws Fault `bus-unreachable`, `monitor-refused` (with the daemon's words), or `usage` for a bad rule.
 */
export async function openMonitor(options: MonitorOptions): Promise<Monitor> {
	const watcher = new Watcher(options);
	try {
		return await watcher.open();
	} catch (error) {
		watcher.close();
		throw error;
	}
}

class Watcher {
	readonly #options: MonitorOptions;
	readonly #header = new Header();
	readonly #clock = new WallClock();
	readonly #conversation = new Conversation();
	#connection: Connection | undefined;
	#uniqueName = '';
	#at = 0;
	/** Messages are what we are here for; before, only answers. */
	#watching = false;
	#opened = false;
	/** The call by which we see whether we eavesdrop, and whether it was seen. */
	#probe = {serial: 0, seen: false};

	constructor(options: MonitorOptions) {
		this.#options = options;
	}

	async open(): Promise<Monitor> {
		const {onReadEnd, reusesFrames = false} = this.#options;
		const connection = await openConnection(this.#options, {
			reusesFrames,
			isPaced: true,
			onReadStart: () => {
				this.#at = this.#clock.now();
			},
			onFrame: (bytes, start, end) => this.#frame(bytes, start, end),
			onReadEnd: () => {
				if (this.#watching) onReadEnd?.();
			},
			onEnd: (reason) => this.#ended(reason),
		});
		this.#connection = connection;
		const hello = this.#ask('Hello', ({body}) => {
			this.#uniqueName = String(body[0]);
		});
		// Both questions go out at once; a connection that ends fails both.
		const [, refusal] = await Promise.all([hello, this.#becomeMonitor()]);
		const mode = refusal === undefined ? 'monitor' : await this.#listen(refusal);
		this.#opened = true;
		const {address, passesFds, guid} = connection;
		return {
			mode,
			...(refusal === undefined ? {} : {refusal}),
			uniqueName: this.#uniqueName,
			address,
			passesFds,
			guid,
			close: () => this.close(),
		};
	}

	close(): void {
		this.#connection?.close();
	}

	/** Undefined when the daemon agrees, else its words. */
	async #becomeMonitor(): Promise<string | undefined> {
		const question = {
			interface: 'org.freedesktop.DBus.Monitoring',
			member: 'BecomeMonitor',
			signature: 'asu',
			body: [this.#options.rules ?? [], 0],
		};
		// The first messages may come in the same read as the answer.
		const {error} = await this.#ask(question, (answer) => {
			this.#watching = answer.error === undefined;
		});
		if (error?.name === invalidRule) throw new Fault('usage', {detail: error.text});
		return error?.text;
	}

	/** Watches by match rules, and finds out whether those let us see messages between others. */
	async #listen(refusal: string): Promise<'eavesdrop' | 'match'> {
		const rules = this.#options.rules?.length ? this.#options.rules : [''];
		for (const rule of rules) {
			const eavesdrop = [rule, "eavesdrop='true'"].filter((part) => part !== '').join(',');
			const {error} = await this.#addMatch(eavesdrop);
			const plain = error && (await this.#addMatch(rule === '' ? "type='signal'" : rule)).error;
			if (plain) throw new Fault('monitor-refused', {reason: refusal});
		}
		const probing = this.#ask('GetId');
		this.#probe.serial = this.#conversation.serial;
		await probing;
		// A copy of the call comes after its answer, and before that of the next one.
		await this.#ask('GetId');
		return this.#probe.seen ? 'eavesdrop' : 'match';
	}

	#addMatch(rule: string): Promise<Answer> {
		return this.#ask({member: 'AddMatch', signature: 's', body: [rule]}, ({error}) => {
			if (error === undefined) this.#watching = true;
		});
	}

	#ask(
		question: string | Parameters<Conversation['ask']>[1],
		onAnswer?: (answer: Answer) => void,
	): Promise<Answer> {
		const asked = typeof question === 'string' ? {member: question} : question;
		return this.#conversation.ask((message) => this.#connection?.send(message), asked, onAnswer);
	}

	#frame(bytes: Buffer, start: number, end: number): void {
		const header = this.#header;
		try {
			header.load(bytes, start, end);
		} catch (error) {
			if (!(error instanceof WireError)) throw error;
			this.#options.onMalformed?.();
			return;
		}
		if (!this.#opened && this.#isOurs(header)) return;
		if (this.#watching && header.type !== undefined && !this.#isHidden(header)) {
			this.#options.onMessage(header, this.#at);
		}
	}

	/** While we open: answers to us, and copies of our own calls. */
	#isOurs(header: Header): boolean {
		if (this.#conversation.take(header)) return true;
		if (header.type !== 'call' || header.text(field.sender) !== this.#uniqueName) return false;
		if (header.serial === this.#probe.serial) this.#probe.seen = true;
		return true;
	}

	/** Also what the daemon addresses to ourselves on our way to being a monitor. */
	#isHidden(message: Header): boolean {
		const {hidden} = this.#options;
		if (message.has(field.destination)) {
			const destination = message.text(field.destination) as string;
			if (destination === this.#uniqueName || hidden?.has(destination)) return true;
		}
		return message.type === 'call' && hidden?.has(message.text(field.sender) ?? '') === true;
	}

	#ended(reason: string | undefined): void {
		this.#conversation.end(reason ?? 'closed');
		if (this.#opened) this.#options.onEnd?.(reason);
	}
}
