import {describeMessage} from './message.js';
import {NameTable} from './names.js';
import {learnOwner, watchOwners} from './owners.js';
import {Pairing} from './pairing.js';
import type {Query} from './query/query.js';
import {MessageRing, type RingLimits} from './ring.js';
import {Secrets} from './secrets.js';
import type {TrafficGap, TrafficMessage, TrafficStatus} from './types.js';
import {WireError} from './wire/error.js';
import {field, Header} from './wire/header.js';
import {maskedCopy} from './wire/mask.js';
import {bodyText, type TextLimits} from './wire/text.js';

/** Messages looked at last whose bytes are at hand, and the largest of them: a screen or two. */
const mostSeen = 512;
const largestSeen = 16 * 1024;

/** Gaps remembered. */
const mostGaps = 100;

/** What a memory of traffic is made with. */
export interface TrafficSettings {
	/** Shared with the census, which knows names and commands from before. */
	names?: NameTable;
	limits?: Partial<RingLimits>;
	/** Tells the messages whose bodies are masked; by default those that are known to carry secrets. */
	secrets?: Secrets;
	/** Nobody but the traffic itself tells who is who. */
	infersOwners?: boolean;
}

/** The newest traffic of a bus, decoded only where somebody looks. */
export class Traffic {
	readonly #ring: MessageRing;
	readonly #names: NameTable;
	readonly #secrets: Secrets;
	readonly #infersOwners: boolean;
	readonly #pairing = new Pairing<{index: number; at: number}>();
	/** For what is looked at later; the monitor's own header is in use while messages arrive. */
	readonly #header = new Header();
	/** The other message of an exchange. */
	readonly #other = new Header();
	/** By index, the one looked at last at the end. */
	readonly #seen = new Map<number, {bytes: Buffer; start: number; end: number; at: number}>();
	readonly #gaps: TrafficGap[] = [];
	#bytes = 0;
	#malformed = 0;
	#status: TrafficStatus = {mode: 'off'};
	/** Ends what brings the messages. */
	#end: () => void = () => {};

	constructor({names, limits, secrets, infersOwners}: TrafficSettings = {}) {
		this.#names = names ?? new NameTable();
		this.#ring = new MessageRing(limits);
		this.#secrets = secrets ?? new Secrets();
		this.#infersOwners = infersOwners ?? false;
	}

	/** How its messages come from now on; a time without any is a gap. */
	set(status: TrafficStatus): void {
		const gap = this.#gaps.at(-1);
		const isOpen = gap !== undefined && gap.to === undefined;
		if (status.mode === 'off' && !isOpen && this.#status.mode !== 'off') {
			this.#gaps.push({index: this.#ring.end, from: Date.now(), reason: status.reason ?? ''});
			if (this.#gaps.length > mostGaps) this.#gaps.shift();
		} else if (status.mode !== 'off' && isOpen) {
			this.#gaps[this.#gaps.length - 1] = {...gap, to: Date.now()};
		}
		this.#status = status;
	}

	/** Times in which nothing could be seen, oldest first. */
	gaps(): readonly TrafficGap[] {
		return this.#gaps;
	}

	/** `close` will call it. */
	endsWith(end: () => void): void {
		this.#end = end;
	}

	close(): void {
		this.#end();
	}

	/** A frame that could not be read. */
	malformed(): void {
		this.#malformed++;
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

	/** `dropped`: those that had to leave the memory. `malformed`: frames that are none, and not among the others. */
	counts(): {seen: number; dropped: number; bytes: number; malformed: number} {
		return {
			seen: this.#ring.end,
			dropped: this.#ring.first,
			bytes: this.#bytes,
			malformed: this.#malformed,
		};
	}

	range(): {first: number; end: number} {
		return {first: this.#ring.first, end: this.#ring.end};
	}

	get(index: number): TrafficMessage | undefined {
		const kept = this.#look(index);
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
		const message = this.#load(index, this.#header);
		if (message === undefined) return false;
		const paired = this.#load(this.#ring.pairOf(index), this.#other);
		const secret = this.#isSecret(message, paired);
		if (paired === undefined) {
			const unanswered = message.type === 'call' && !message.noReply;
			return query.matches({first: message, unanswered, secret}, this.#names);
		}
		const [first, reply] = message.type === 'call' ? [message, paired] : [paired, message];
		return query.matches({first, reply, elapsed: this.#ring.elapsed(index), secret}, this.#names);
	}

	/** The body is masked: it may hold a secret. */
	isSecret(index: number): boolean {
		const message = this.#load(index, this.#header);
		if (message === undefined) return false;
		return this.#isSecret(message, this.#load(this.#ring.pairOf(index), this.#other));
	}

	/** The decoded body, escaped: one argument after the other. Undefined when the message is gone. */
	body({index}: TrafficMessage, limits?: Partial<TextLimits>): string | undefined {
		const frame = this.frame(index);
		return frame && bodyOf(this.#header.load(frame, 0, frame.length), limits);
	}

	/**
	 * The whole message as it was on the wire, e.g. for a pcap file; of a secret one a copy with a masked body.
	 * @param unmasked gives that as it was, too.
	 */
	frame(index: number, unmasked = false): Buffer | undefined {
		const kept = this.#look(index);
		if (kept === undefined) return undefined;
		if (!unmasked && this.isSecret(index)) {
			return maskedCopy(this.#header.load(kept.bytes, kept.start, kept.end));
		}
		// Where it is now, another one will be.
		return Buffer.from(kept.bytes.subarray(kept.start, kept.end));
	}

	/** For what is drawn again and again: messages far apart are not taken out of the ring's packed memory each time. */
	#look(index: number): ReturnType<MessageRing['get']> {
		if (!this.#ring.isPacked(index)) return this.#ring.get(index);
		const seen = this.#seen.get(index);
		const kept = seen ?? this.#ring.get(index);
		if (kept === undefined || kept.end - kept.start > largestSeen) return kept;
		const copy = seen ?? {
			bytes: Buffer.from(kept.bytes.subarray(kept.start, kept.end)),
			start: 0,
			end: kept.end - kept.start,
			at: kept.at,
		};
		this.#seen.delete(index);
		this.#seen.set(index, copy);
		const [oldest] = this.#seen.keys();
		if (oldest !== undefined && this.#seen.size > mostSeen) this.#seen.delete(oldest);
		return copy;
	}

	#load(index: number | undefined, header: Header): Header | undefined {
		const kept = index === undefined ? undefined : this.#ring.get(index);
		return kept && header.load(kept.bytes, kept.start, kept.end);
	}

	/** An answer does not say what it answers: its call does. */
	#isSecret(message: Header, paired: Header | undefined): boolean {
		if (this.#secrets.covers(message, this.#names)) return true;
		return paired !== undefined && this.#secrets.covers(paired, this.#names);
	}

	nameOf(uniqueName: string): string {
		return this.#names.nameOf(uniqueName);
	}

	status(): TrafficStatus {
		return this.#status;
	}
}

/** A body that does not fit its signature is shown as what it is, never thrown at a screen. */
function bodyOf(header: Header, limits?: Partial<TextLimits>): string {
	try {
		return bodyText(header.body(), limits);
	} catch (error) {
		if (error instanceof WireError) return `⚠ ${error.message}`;
		throw error;
	}
}
