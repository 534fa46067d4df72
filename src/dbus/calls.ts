import {Fault} from '../common/fault.js';
import type {BusLocation} from './address.js';
import {type Connection, openConnection} from './connection.js';
import {field, flag, Header} from './wire/header.js';
import type {Value} from './wire/reader.js';
import {encodeMessage} from './wire/writer.js';

/** The bus driver, as every client addresses it. */
export const driver = {
	destination: 'org.freedesktop.DBus',
	path: '/org/freedesktop/DBus',
	interface: 'org.freedesktop.DBus',
} as const;

/** Milliseconds; that of libdbus. */
const defaultCallTimeout = 25_000;
/** Milliseconds; a daemon that has authenticated us is there. */
const helloTimeout = 10_000;

export interface MethodCall {
	destination: string;
	path: string;
	interface: string;
	member: string;
	signature?: string;
	body?: readonly unknown[];
	/** Milliseconds. */
	timeout?: number;
	/** False: do not start the destination's service. */
	autoStart?: boolean;
}

export interface OutgoingSignal extends Omit<MethodCall, 'destination' | 'timeout' | 'autoStart'> {
	destination?: string;
}

/** Which signals to hear. Each part that is left out matches everything. */
export interface SignalRule {
	/** A unique name, or a well-known one that its owner signs with itself (`org.freedesktop.DBus`). */
	sender?: string;
	path?: string;
	interface?: string;
	member?: string;
	arg0?: string;
}

export interface Signal {
	sender: string;
	path: string;
	interface: string;
	member: string;
	body: Value[];
}

/** An error reply; `errorName` is D-Bus's, e.g. `org.freedesktop.DBus.Error.NameHasNoOwner`. */
export class BusError extends Error {
	override name = 'BusError';

	constructor(
		readonly errorName: string,
		message: string,
		/** True: no reply of the other side, but a lost connection or a reply that did not come in time. */
		readonly isOurs = false,
		/** Of the bus that the connection was lost to, if it was. */
		readonly lostBus?: string,
	) {
		super(message);
	}
}

/** A client's connection to a bus: method calls and signals. */
export interface Bus {
	readonly uniqueName: string;
	/** The entry of the address list that answered. */
	readonly address: string;
	/** The daemon's id. */
	readonly guid: string;
	/** Of our end of the socket, as the kernel lists it. */
	readonly inode: number;
	/** The reply's values. Rejects with BusError: the other side's, `…NoReply`, or `…Disconnected`. */
	call(call: MethodCall): Promise<Value[]>;
	/** A call to the bus driver, e.g. `driver('GetNameOwner', 's', [name])`. */
	driver(member: string, signature?: string, body?: readonly unknown[]): Promise<Value[]>;
	/** Sends a signal: to everybody who listens, or to one connection, whether it listens or not. */
	emit(signal: OutgoingSignal): void;
	/** Resolves when the daemon has taken the rule; the function it gives removes the rule again. */
	onSignal(rule: SignalRule, listener: (signal: Signal) => void): Promise<() => Promise<void>>;
	/** Settles when the connection ends, with the reason if we did not close it. */
	readonly closed: Promise<string | undefined>;
	close(): void;
}

/** A method call that somebody makes to us. Texts are as received: escape before printing. */
export interface IncomingCall {
	/** The caller's unique name; the daemon vouches for it. */
	sender: string;
	/** What the caller wrote: our unique name or a well-known one. */
	destination: string;
	path: string;
	/** Empty where the caller left it out. */
	interface: string;
	member: string;
	noReply: boolean;
	/** The decoded arguments. Throws WireError when they do not fit their signature. */
	body(): Value[];
}

export type CallAnswer =
	| {signature?: string; body?: readonly unknown[]}
	/** `text` goes out on the bus, where messages are English by custom. */
	| {errorName: string; text: string};

/** Answers a call at once. It is asked for calls without a reply, too; then the answer is not sent. */
export type CallHandler = (call: IncomingCall) => CallAnswer;

/**
 * Connects and says Hello. Throws Fault `bus-unreachable`.
 * @param onCall answers method calls; by default each gets the error UnknownMethod.
 */
export async function connectBus(location: BusLocation, onCall?: CallHandler): Promise<Bus> {
	const bus = new BusClient(onCall);
	await bus.open(location);
	await bus.hello();
	return bus;
}

/** Connects to a program that speaks D-Bus without a daemon between: it has no driver. Throws Fault `bus-unreachable`. */
export async function connectPeer(location: BusLocation): Promise<Bus> {
	const peer = new BusClient();
	await peer.open(location, true);
	return peer;
}

interface PendingCall {
	resolve(values: Value[]): void;
	reject(error: Error): void;
	timer: NodeJS.Timeout;
}

class BusClient implements Bus {
	uniqueName = '';
	readonly closed: Promise<string | undefined>;
	#connection!: Connection;
	#isClosed = false;
	#serial = 0;
	readonly #header = new Header();
	readonly #pending = new Map<number, PendingCall>();
	readonly #listeners = new Set<{rule: SignalRule; listener: (signal: Signal) => void}>();
	#settleClosed!: (reason: string | undefined) => void;

	readonly #onCall: CallHandler;

	constructor(onCall: CallHandler = noMethods) {
		this.#onCall = onCall;
		this.closed = new Promise((resolve) => {
			this.#settleClosed = resolve;
		});
	}

	get address(): string {
		return this.#connection.address;
	}

	get guid(): string {
		return this.#connection.guid;
	}

	get inode(): number {
		return this.#connection.inode;
	}

	async open(location: BusLocation, isPeer = false): Promise<void> {
		this.#connection = await openConnection(location, {
			onFrame: (bytes, start, end) => this.#receive(this.#header.load(bytes, start, end)),
			onEnd: (reason) => this.#ended(reason),
			isPeer,
		});
	}

	async hello(): Promise<void> {
		try {
			const [name] = await this.call({...driver, member: 'Hello', timeout: helloTimeout});
			this.uniqueName = String(name);
		} catch (error) {
			this.close();
			const reason = (error as Error).message;
			throw new Fault('bus-unreachable', {address: this.address, reason}, {cause: error});
		}
	}

	call(call: MethodCall): Promise<Value[]> {
		const {timeout = defaultCallTimeout, autoStart = true, ...parts} = call;
		return new Promise((resolve, reject) => {
			if (this.#isClosed) throw this.#lost('disconnected');
			const serial = this.#nextSerial();
			const message = encodeMessage({
				...parts,
				type: 'call',
				serial,
				flags: autoStart ? 0 : flag.noAutoStart,
			});
			const timer = setTimeout(() => {
				this.#pending.delete(serial);
				reject(new BusError(errorNames.noReply, `no reply within ${timeout} ms`, true));
			}, timeout);
			this.#pending.set(serial, {resolve, reject, timer});
			this.#connection.send(message);
		});
	}

	driver(member: string, signature = '', body: readonly unknown[] = []): Promise<Value[]> {
		return this.call({...driver, member, signature, body});
	}

	emit(signal: OutgoingSignal): void {
		this.#connection.send(
			encodeMessage({...signal, type: 'signal', serial: this.#nextSerial(), flags: flag.noReplyExpected}),
		);
	}

	async onSignal(rule: SignalRule, listener: (signal: Signal) => void): Promise<() => Promise<void>> {
		const entry = {rule, listener};
		this.#listeners.add(entry);
		await this.driver('AddMatch', 's', [matchRule(rule)]);
		return async () => {
			this.#listeners.delete(entry);
			if (!this.#isClosed) await this.driver('RemoveMatch', 's', [matchRule(rule)]);
		};
	}

	close(): void {
		this.#connection.close();
	}

	#receive(header: Header): void {
		if (header.type === 'return' || header.type === 'error') this.#reply(header);
		else if (header.type === 'signal') this.#signal(header);
		else if (header.type === 'call') this.#answer(header);
	}

	#reply(header: Header): void {
		const pending = this.#pending.get(header.replySerial);
		if (pending === undefined) return;
		this.#pending.delete(header.replySerial);
		clearTimeout(pending.timer);
		const body = header.body();
		if (header.type === 'return') {
			pending.resolve(body);
		} else {
			const text = typeof body[0] === 'string' ? body[0] : '';
			pending.reject(new BusError(header.text(field.errorName) ?? errorNames.failed, text));
		}
	}

	#signal(header: Header): void {
		if (this.#listeners.size === 0) return;
		const signal: Signal = {
			sender: header.text(field.sender) ?? '',
			path: header.text(field.path) ?? '',
			interface: header.text(field.interface) ?? '',
			member: header.text(field.member) ?? '',
			body: header.body(),
		};
		for (const {rule, listener} of this.#listeners) if (matches(rule, signal)) listener(signal);
	}

	#answer(header: Header): void {
		const sender = header.text(field.sender) ?? '';
		const answer = this.#answerTo({
			sender,
			destination: header.text(field.destination) ?? '',
			path: header.text(field.path) ?? '',
			interface: header.text(field.interface) ?? '',
			member: header.text(field.member) ?? '',
			noReply: header.noReply,
			body: () => header.body(),
		});
		if (header.noReply) return;
		this.#connection.send(
			encodeMessage({
				...('errorName' in answer
					? {type: 'error', errorName: answer.errorName, signature: 's', body: [answer.text]}
					: {type: 'return', ...answer}),
				serial: this.#nextSerial(),
				flags: flag.noReplyExpected,
				replySerial: header.serial,
				destination: sender,
			}),
		);
	}

	/** A handler that fails has a caller who must not wait, and a connection that others need. */
	#answerTo(call: IncomingCall): CallAnswer {
		try {
			return this.#onCall(call);
		} catch (error) {
			return {errorName: errorNames.failed, text: (error as Error).message};
		}
	}

	#ended(reason: string | undefined): void {
		this.#isClosed = true;
		for (const {reject, timer} of this.#pending.values()) {
			clearTimeout(timer);
			reject(this.#lost(reason ?? 'closed'));
		}
		this.#pending.clear();
		this.#settleClosed(reason);
	}

	#lost(reason: string): BusError {
		return new BusError(errorNames.disconnected, reason, true, this.address);
	}

	#nextSerial(): number {
		this.#serial = this.#serial === 0xffff_ffff ? 1 : this.#serial + 1;
		return this.#serial;
	}
}

const errorNames = {
	failed: 'org.freedesktop.DBus.Error.Failed',
	noReply: 'org.freedesktop.DBus.Error.NoReply',
	disconnected: 'org.freedesktop.DBus.Error.Disconnected',
	unknownMethod: 'org.freedesktop.DBus.Error.UnknownMethod',
} as const;

/** A caller that asks a client without objects should not have to wait for its timeout. */
const noMethods: CallHandler = () => ({
	errorName: errorNames.unknownMethod,
	text: 'This connection offers no methods',
});

/** The rule in the daemon's syntax; values are quoted as the specification asks. */
export function matchRule(rule: SignalRule): string {
	const keys = Object.entries(rule).map(
		([key, value]) => `${key}='${String(value).replaceAll("'", "'\\''")}'`,
	);
	return ["type='signal'", ...keys].join(',');
}

function matches(rule: SignalRule, signal: Signal): boolean {
	return (
		(rule.sender === undefined || rule.sender === signal.sender) &&
		(rule.path === undefined || rule.path === signal.path) &&
		(rule.interface === undefined || rule.interface === signal.interface) &&
		(rule.member === undefined || rule.member === signal.member) &&
		(rule.arg0 === undefined || rule.arg0 === signal.body[0])
	);
}
