import {patienceMs} from '../../common/patience.js';
import {Pairing} from '../../dbus/pairing.js';
import {field, type Header} from '../../dbus/wire/header.js';

/** Bytes of one call, and of all calls, that are kept in case their answer makes them wanted. */
const largestKept = 1024 * 1024;
const mostKept = 64 * 1024 * 1024;

/** A call that waits for its reply. */
export interface OpenCall {
	index: number;
	at: number;
	member: string | undefined;
	sender: string;
	/** What was called, for learning who answers for it. */
	destination: string | undefined;
	shown: boolean;
	secret: boolean;
	/** The whole call; undefined where it is shown already, nobody will want it, or there are too many. */
	frame: Buffer | undefined;
	/** Nobody waits for its answer any more, and that has been told. */
	givenUp?: boolean;
}

/** The calls that wait for their replies, in bounded memory. */
export class OpenCalls {
	#kept = 0;
	readonly #pairing: Pairing<OpenCall>;

	/** @param onSilence told once of each call that will not be answered, as far as one can know. */
	constructor(private readonly onSilence: (call: OpenCall) => void = () => {}) {
		this.#pairing = new Pairing<OpenCall>((call) => {
			this.#giveUp(call);
			this.#forget(call.frame);
		});
	}

	/** @param isWanted the call may be needed when its answer comes. */
	called(
		header: Header,
		call: Omit<OpenCall, 'frame' | 'member' | 'sender' | 'destination'>,
		isWanted: boolean,
	): void {
		const size = header.end - header.start;
		const fits = size <= largestKept && this.#kept + size <= mostKept;
		const frame = isWanted && fits ? Buffer.from(header.bytes.subarray(header.start, header.end)) : undefined;
		this.#kept += frame?.length ?? 0;
		const sender = header.text(field.sender) ?? '';
		this.#pairing.called(sender, header.serial, {
			...call,
			sender,
			member: header.text(field.member),
			destination: header.text(field.destination),
			frame,
		});
	}

	/** The call that this message answers, if it was seen. */
	answered(header: Header): OpenCall | undefined {
		const call = this.#pairing.replied(header.text(field.destination) ?? '', header.replySerial);
		this.#forget(call?.frame);
		return call;
	}

	/** Gives up the calls that libraries do not wait for any longer at `now`, and those whose caller `hasLeft`. */
	giveUpOld(now: number, hasLeft: (uniqueName: string) => boolean): void {
		for (const call of this.#pairing.waiting()) {
			if (now - call.at > patienceMs || hasLeft(call.sender)) this.#giveUp(call);
		}
	}

	/** No answer will come any more: the connections are gone, or nobody looks. */
	clear(): void {
		this.#pairing.clear();
	}

	#giveUp(call: OpenCall): void {
		if (call.givenUp) return;
		call.givenUp = true;
		this.onSilence(call);
	}

	#forget(frame: Buffer | undefined): void {
		this.#kept -= frame?.length ?? 0;
	}
}
