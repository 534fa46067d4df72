import {Fault} from '../common/fault.js';

/** A daemon's answer line is short; more than this without a line end is no D-Bus server. */
const longestAnswer = 16 * 1024;

/** Ways to say who we are: the kernel vouches for us, or nobody. */
export type AuthMechanism = 'EXTERNAL' | 'ANONYMOUS';

/**
 * The client's whole side of the handshake in one write: who we are, ask for descriptor passing (without it the
 * daemon silently leaves out messages that carry descriptors), begin.
 */
export function authRequest(mechanism: AuthMechanism, uid: number): string {
	const identity = Buffer.from(mechanism === 'EXTERNAL' ? String(uid) : 'dbusfreeze').toString('hex');
	return `\0AUTH ${mechanism} ${identity}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n`;
}

/** The server does not want to know us this way; it names those that it wants. */
export class AuthRejected extends Error {
	override name = 'AuthRejected';

	constructor(readonly mechanisms: readonly string[]) {
		super('rejected');
	}
}

/** Reads the server's two answer lines. */
export class AuthAnswer {
	guid = '';
	/** False: this daemon will not send messages with descriptors to us. */
	passesFds = false;
	#text = '';
	#lines = 0;
	readonly #address: string;

	constructor(address: string) {
		this.#address = address;
	}

	/**
	 * Takes what arrived. Returns undefined until both lines are there, then the bytes that follow them.
	 * Throws AuthRejected, and Fault `bus-unreachable` when the server speaks something else.
	 */
	push(chunk: Buffer): Buffer | undefined {
		for (const [index, byte] of chunk.entries()) {
			this.#text += String.fromCharCode(byte);
			if (this.#text.length > longestAnswer) throw this.#fault('not-a-bus');
			if (!this.#text.endsWith('\r\n')) continue;
			this.#line(this.#text.slice(0, -2));
			this.#text = '';
			if (this.#lines === 2) return chunk.subarray(index + 1);
		}
		return undefined;
	}

	#line(line: string): void {
		this.#lines++;
		if (this.#lines === 2) {
			this.passesFds = line === 'AGREE_UNIX_FD';
			return;
		}
		if (line.startsWith('REJECTED')) throw new AuthRejected(line.split(' ').slice(1));
		if (!line.startsWith('OK')) throw this.#fault('not-a-bus');
		this.guid = line.slice(3);
	}

	#fault(reason: string): Fault {
		return new Fault('bus-unreachable', {address: this.#address, reason});
	}
}
