import {Fault} from '../common/fault.js';
import {type Monitor, type MonitorOptions, openMonitor} from './monitor.js';
import {NameTable} from './names.js';
import {Pairing} from './pairing.js';
import type {Query} from './query/query.js';
import {MessageRing, type RingLimits} from './ring.js';
import type {TrafficMessage, TrafficStatus} from './types.js';
import {WireError} from './wire/error.js';
import {field, Header} from './wire/header.js';
import type {Value} from './wire/reader.js';
import {bodyText, type TextLimits} from './wire/text.js';

const nameOwnerChanged = Buffer.from('NameOwnerChanged');
const driverName = Buffer.from('org.freedesktop.DBus');

export interface TrafficOptions extends Pick<MonitorOptions, 'address' | 'uid' | 'rules' | 'hidden'> {
	/** Shared with the census, which knows names and commands from before. */
	names?: NameTable;
	limits?: Partial<RingLimits>;
	/** The monitor has ended: `status()` says why. */
	onEnd?(): void;
}

/**
 * Starts to monitor a bus into memory. When monitoring is refused or ends, `status()` says so and what was
 * seen stays readable. Throws Fault `bus-unreachable` or `usage` (a bad rule).
 */
export async function recordTraffic(options: TrafficOptions): Promise<Traffic> {
	const traffic = new Traffic(options.names ?? new NameTable(), options.limits);
	try {
		const monitor = await openMonitor({
			...options,
			onMessage: (header, at) => traffic.add(header, at),
			onEnd(reason) {
				traffic.off(reason ?? 'closed');
				options.onEnd?.();
			},
		});
		traffic.on(monitor);
	} catch (error) {
		if (!(error instanceof Fault) || error.code !== 'monitor-refused') throw error;
		traffic.off((error as Fault<'monitor-refused'>).params.reason);
	}
	return traffic;
}

/** The newest traffic of a bus, decoded only where somebody looks. */
export class Traffic {
	readonly #ring: MessageRing;
	readonly #names: NameTable;
	readonly #pairing = new Pairing<{index: number; at: number}>();
	/** For what is looked at later; the monitor's own header is in use while messages arrive. */
	readonly #header = new Header();
	/** The other message of the exchange that a filter looks at. */
	readonly #reply = new Header();
	#bytes = 0;
	#monitor: Monitor | undefined;
	#status: TrafficStatus = {mode: 'off'};
	/** Nobody but the traffic itself tells who is who. */
	readonly #infersOwners: boolean;

	constructor(names: NameTable, limits?: Partial<RingLimits>, infersOwners = false) {
		this.#names = names;
		this.#ring = new MessageRing(limits);
		this.#infersOwners = infersOwners;
	}

	on(monitor: Monitor): void {
		this.#monitor = monitor;
		this.#status = {mode: 'monitor'};
	}

	off(reason: string): void {
		this.#monitor = undefined;
		this.#status = {mode: 'off', reason};
	}

	/** All of it comes from a file. */
	captured(): void {
		this.#status = {mode: 'capture'};
	}

	close(): void {
		this.#monitor?.close();
	}

	/** Keeps one message, read at `at` (milliseconds since the epoch). */
	add(header: Header, at: number): void {
		const index = this.#ring.add(header.bytes, header.start, header.end, at);
		this.#bytes += header.end - header.start;
		if (header.type === 'signal') watchOwners(header, this.#names);
		else if (header.type !== 'call') this.#replied(header, index, at);
		else if (!header.noReply) {
			this.#pairing.called(header.text(field.sender) ?? '', header.serial, {index, at});
		}
	}

	#replied(header: Header, index: number, at: number): void {
		const call = this.#pairing.replied(header.text(field.destination) ?? '', header.replySerial);
		if (call === undefined) return;
		this.#ring.pair(call.index, index, at - call.at);
		if (this.#infersOwners) this.#inferOwner(call.index, header.text(field.sender));
	}

	/** Who answers a call to a well-known name owns it. */
	#inferOwner(callIndex: number, answerer: string | undefined): void {
		const call = this.#ring.get(callIndex);
		if (call === undefined || answerer === undefined) return;
		const called = this.#header.load(call.bytes, call.start, call.end).text(field.destination);
		if (called !== undefined) learnOwner(this.#names, called, answerer);
	}

	counts(): {seen: number; dropped: number; bytes: number} {
		return {seen: this.#ring.end, dropped: this.#ring.first, bytes: this.#bytes};
	}

	range(): {first: number; end: number} {
		return {first: this.#ring.first, end: this.#ring.end};
	}

	get(index: number): TrafficMessage | undefined {
		const kept = this.#ring.get(index);
		if (kept === undefined) return undefined;
		return describeMessage(this.#header.load(kept.bytes, kept.start, kept.end), index, kept.at);
	}

	elapsed(message: TrafficMessage): number | undefined {
		return this.#ring.elapsed(message.index);
	}

	/** The call that this message answers, or the answer to this call, while it is in memory. */
	pair(message: TrafficMessage): TrafficMessage | undefined {
		const other = this.#ring.pairOf(message.index);
		return other === undefined ? undefined : this.get(other);
	}

	/**
	 * Whether the filter lets a message through. A call and its answer are judged together: both may be let
	 * through only when the answer comes, so ask again for `pair(answer)` then. False when it is gone.
	 */
	matches(index: number, query: Query): boolean {
		if (query.isEmpty) return true;
		const kept = this.#ring.get(index);
		if (kept === undefined) return false;
		const message = this.#header.load(kept.bytes, kept.start, kept.end);
		const other = this.#ring.get(this.#ring.pairOf(index) ?? -1);
		if (other === undefined) return query.matches({first: message}, this.#names);
		const paired = this.#reply.load(other.bytes, other.start, other.end);
		const [first, reply] = message.type === 'call' ? [message, paired] : [paired, message];
		return query.matches({first, reply, elapsed: this.#ring.elapsed(index)}, this.#names);
	}

	/** The decoded body, escaped: one argument after the other. Undefined when the message is gone. */
	body(message: TrafficMessage, limits?: Partial<TextLimits>): string | undefined {
		const kept = this.#ring.get(message.index);
		if (kept === undefined) return undefined;
		return bodyOf(this.#header.load(kept.bytes, kept.start, kept.end), limits);
	}

	/** The whole message as it was on the wire, e.g. for a pcap file. */
	frame(index: number): Buffer | undefined {
		const kept = this.#ring.get(index);
		return kept?.bytes.subarray(kept.start, kept.end);
	}

	nameOf(uniqueName: string): string {
		return this.#names.nameOf(uniqueName);
	}

	status(): TrafficStatus {
		return this.#status;
	}
}

/** Learns who owns which name from the daemon's own signals in the traffic. */
export function watchOwners(header: Header, names: NameTable): void {
	if (!header.is(field.member, nameOwnerChanged) || !header.is(field.sender, driverName)) return;
	const [name, oldOwner, newOwner] = bodyValues(header);
	if (typeof name !== 'string' || typeof oldOwner !== 'string' || typeof newOwner !== 'string') return;
	names.ownerChanged(name, oldOwner, newOwner);
}

/** The decoded body; empty when it does not fit its signature, as it may in a file. */
function bodyValues(header: Header): Value[] {
	try {
		return header.body();
	} catch (error) {
		if (error instanceof WireError) return [];
		throw error;
	}
}

/** `uniqueName` has answered for `name`. */
export function learnOwner(names: NameTable, name: string, uniqueName: string): void {
	if (name.startsWith(':') || !uniqueName.startsWith(':') || names.owns(uniqueName, name)) return;
	names.ownerChanged(name, '', uniqueName);
}

export function describeMessage(header: Header, index: number, at: number): TrafficMessage {
	const message: TrafficMessage = {
		index,
		at,
		type: header.type ?? 'signal',
		serial: header.serial,
		fds: header.fds,
		size: header.end - header.start,
		noReply: header.noReply,
	};
	if (header.replySerial !== 0) message.replySerial = header.replySerial;
	for (const [key, code] of textFields) {
		const text = header.text(code);
		if (text !== undefined) message[key] = text;
	}
	return message;
}

const textFields = [
	['sender', field.sender],
	['destination', field.destination],
	['path', field.path],
	['interface', field.interface],
	['member', field.member],
	['errorName', field.errorName],
	['signature', field.signature],
] as const;

/** A body that does not fit its signature is shown as what it is, never thrown at a screen. */
export function bodyOf(header: Header, limits?: Partial<TextLimits>): string {
	try {
		return bodyText(header.body(), limits);
	} catch (error) {
		if (error instanceof WireError) return `⚠ ${error.message}`;
		throw error;
	}
}
