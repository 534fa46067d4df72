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
	/** What was called, for learning who answers for it. */
	destination: string | undefined;
	shown: boolean;
	secret: boolean;
	/** The whole call; undefined where it is shown already, nobody will want it, or there are too many. */
	frame: Buffer | undefined;
}

/** The calls that wait for their replies, in bounded memory. */
export class OpenCalls {
	#kept = 0;
	readonly #pairing = new Pairing<OpenCall>(({frame}) => this.#forget(frame));

	/** @param isWanted the call may be needed when its answer comes. */
	called(header: Header, call: Omit<OpenCall, 'frame' | 'member' | 'destination'>, isWanted: boolean): void {
		const size = header.end - header.start;
		const fits = size <= largestKept && this.#kept + size <= mostKept;
		const frame = isWanted && fits ? Buffer.from(header.bytes.subarray(header.start, header.end)) : undefined;
		this.#kept += frame?.length ?? 0;
		this.#pairing.called(header.text(field.sender) ?? '', header.serial, {
			...call,
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

	clear(): void {
		this.#pairing.clear();
	}

	#forget(frame: Buffer | undefined): void {
		this.#kept -= frame?.length ?? 0;
	}
}
