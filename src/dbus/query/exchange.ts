import type {Header} from '../wire/header.js';

/** What is asked of a message: its header fields and body. A `Header` is one. */
export type QueryMessage = Pick<Header, 'type' | 'text' | 'body' | 'bodyString'>;

/**
 * A call with its answer, or a message that stands alone. A filter judges it as a whole, so that an answer is
 * always shown with its call: sender, path and the like are those of `first`.
 */
export interface Exchange {
	/** The call, the signal, or an answer whose call was not seen. */
	first: QueryMessage;
	reply?: QueryMessage | undefined;
	/** Milliseconds between both. */
	elapsed?: number | undefined;
	/** True: `first` is a call that wants an answer, and none has come. */
	unanswered?: boolean;
	/** True: the bodies are masked, so nothing may be found in them. */
	secret?: boolean;
}

/** Who stands behind the names in messages. */
export interface Parties {
	/** Everything the party is known by, the name itself included: unique name, well-known names, program, `pid:N`. */
	aliases(name: string): readonly string[];
	/** Whether the unique name owns the well-known name. */
	owns(uniqueName: string, wellKnownName: string): boolean;
	/** Changes when an answer may have changed. */
	readonly version: number;
}

export type Test = (exchange: Exchange, parties: Parties) => boolean;
