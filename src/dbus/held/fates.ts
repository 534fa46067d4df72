import {closeFd} from '../../kernel/descriptor.js';
import {Header} from '../wire/header.js';
import type {NoiseFilter} from './noise.js';
import type {HeldMessage} from './reader.js';
import type {CallRefuser} from './refuser.js';

/**
 * Gives each message that was read from a held socket its one fate: noise of the takeover disappears, a call
 * is refused where that is the policy, everything else is kept for the service.
 */
export class Fates {
	/** Unset while calls shall wait: the policy `queue`, or a service that must not be written for. */
	refuser: CallRefuser | undefined;
	readonly #noise: NoiseFilter;
	readonly #header = new Header();

	constructor(noise: NoiseFilter) {
		this.#noise = noise;
	}

	/**
	 * What is to be kept, in order. Descriptors of the others are closed. To be given each message once, in the
	 * order of reading.
	 */
	keep(messages: readonly HeldMessage[]): HeldMessage[] {
		return messages.filter((message) => {
			if (message.opaque || !this.#isOver(message)) return true;
			for (const fd of message.fds) closeFd(fd);
			return false;
		});
	}

	#isOver({bytes, at}: HeldMessage): boolean {
		const header = this.#header.load(bytes, 0, bytes.length);
		return this.#noise.isNoise(header) || this.refuser?.refuse(header, at) === true;
	}
}
