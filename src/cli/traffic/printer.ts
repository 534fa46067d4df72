import {argumentsText} from '../../dbus/arguments.js';
import type {PcapWriter} from '../../dbus/capture/pcap-writer.js';
import type {NameTable} from '../../dbus/names.js';
import {learnOwner, watchOwners} from '../../dbus/owners.js';
import type {Exchange} from '../../dbus/query/exchange.js';
import {Secrets} from '../../dbus/secrets.js';
import {field, Header} from '../../dbus/wire/header.js';
import {maskedCopy} from '../../dbus/wire/mask.js';
import type {Filters} from './filters.js';
import type {LineWriter} from './line-writer.js';
import {humanLine, jsonLine} from './message-line.js';
import {type OpenCall, OpenCalls} from './open-calls.js';

export interface PrinterOptions {
	json: boolean;
	filters: Filters;
	names: NameTable;
	/** Undefined: nothing is masked. */
	secrets: Secrets | undefined;
	/** Lines with the arguments of a message, decoded. */
	withBodies: boolean;
	/** Ends after so many shown messages. */
	count: number;
	/** A file: nobody has applied the match rules, and nobody but the traffic itself tells who is who. */
	fromFile: boolean;
	/** Undefined: no lines. */
	output: LineWriter | undefined;
	pcap: PcapWriter | undefined;
	/** Called when `count` is reached, or nobody reads the capture any more. */
	onEnough(): void;
}

/** Milliseconds between two looks at the calls that wait. */
const lookEveryMs = 1000;

/** Decides what is shown, and shows it: a call and its answer together. */
export class MessagePrinter {
	/** Messages that came, and those that were shown. */
	seen = 0;
	shown = 0;
	readonly #options: PrinterOptions;
	readonly #calls = new OpenCalls((call) => this.#silence(call));
	/** When calls were looked through for those that nobody waits for. */
	#lookedAt = 0;
	/** A call that is looked at when its answer comes, and a masked copy of a message. */
	readonly #called = new Header();
	readonly #masked = new Header();
	readonly #nameOf: (uniqueName: string) => string;
	/** Whether it matters that a message is secret: nothing of a body is in plain lines. */
	readonly #looksInside: boolean;

	constructor(options: PrinterOptions) {
		this.#options = options;
		this.#nameOf = (uniqueName) => options.names.nameOf(uniqueName);
		const {json, pcap, filters, withBodies} = options;
		this.#looksInside = json || withBodies || pcap !== undefined || !filters.query.isEmpty;
	}

	get isEnough(): boolean {
		return this.shown >= this.#options.count || this.#options.pcap?.isAbandoned === true;
	}

	message(header: Header, at: number): void {
		if (this.isEnough) return;
		this.pass(at);
		const {names} = this.#options;
		if (header.type === 'signal') watchOwners(header, names);
		const isReply = header.type === 'return' || header.type === 'error';
		const call = isReply ? this.#calls.answered(header) : undefined;
		if (call?.destination !== undefined && this.#options.fromFile) {
			learnOwner(names, call.destination, header.text(field.sender) ?? '');
		}
		if (call === undefined && !this.#passesRules(header)) return;
		const index = this.seen++;
		const secret = this.#looksInside && (call?.secret === true || this.#isSecret(header));
		if (isReply) this.#reply(header, {index, at, secret}, call);
		else this.#callOrSignal(header, {index, at, secret});
	}

	/** Other connections than before: no call that waits will be answered. */
	forgetCalls(): void {
		this.#calls.clear();
	}

	/** Time goes by: shows calls that were not answered, where the filter asks for them. */
	pass(now: number): void {
		if (!this.#options.filters.query.judgesSilence || now - this.#lookedAt < lookEveryMs) return;
		this.#lookedAt = now;
		const {names} = this.#options;
		this.#calls.giveUpOld(now, (uniqueName) => names.applicationOf(uniqueName)?.left === true);
	}

	/** Nothing more will come. */
	end(): void {
		this.#calls.clear();
	}

	/** The moment to write, after some messages. */
	flush(): void {
		this.#options.output?.flush();
		this.#options.pcap?.flush();
		if (this.#options.pcap?.isAbandoned) this.#options.onEnough();
	}

	/** A daemon has applied them before, but it sends us the answers to all calls. */
	#passesRules(header: Header): boolean {
		const {filters, names, fromFile} = this.#options;
		const isReply = header.type === 'return' || header.type === 'error';
		if (filters.rules.length === 0 || !(isReply || fromFile)) return true;
		return filters.rules.some(({matches}) => matches(header, names));
	}

	#isSecret(header: Header): boolean {
		return this.#options.secrets?.covers(header, this.#options.names) === true;
	}

	#callOrSignal(header: Header, facts: Facts): void {
		const expectsAnswer = header.type === 'call' && !header.noReply;
		// Whether it is answered must be awaited: a line cannot be taken back.
		const isOpen = expectsAnswer && this.#options.filters.query.judgesSilence;
		const shown = !isOpen && this.#wants({first: header, secret: facts.secret});
		if (expectsAnswer) {
			this.#calls.called(header, {...facts, shown}, !shown && this.#options.filters.query.wantsReply);
		}
		if (shown) this.#show(header, facts);
	}

	#reply(header: Header, facts: Facts, call: OpenCall | undefined): void {
		const elapsed = call && facts.at - call.at;
		const {frame} = call ?? {};
		if (call?.shown !== true) {
			const called = frame && this.#called.load(frame, 0, frame.length);
			const exchange: Exchange = called ? {first: called, reply: header} : {first: header};
			// Nothing was kept of a call whose own fields say no.
			if (call !== undefined && called === undefined && !this.#options.filters.query.wantsReply) return;
			if (!this.#wants({...exchange, elapsed, secret: facts.secret})) return;
			if (call !== undefined && called !== undefined) this.#show(called, call);
			if (this.isEnough) return;
		}
		this.#show(header, {...facts, elapsed, member: call?.member});
	}

	/** A call that was not answered. */
	#silence(call: OpenCall): void {
		if (call.shown || call.frame === undefined || this.isEnough) return;
		if (!this.#options.filters.query.judgesSilence) return;
		const called = this.#called.load(call.frame, 0, call.frame.length);
		if (!this.#wants({first: called, unanswered: true, secret: call.secret})) return;
		call.shown = true;
		this.#show(called, call);
	}

	#wants(exchange: Exchange): boolean {
		const {query} = this.#options.filters;
		return query.isEmpty || query.matches(exchange, this.#options.names);
	}

	#show(header: Header, facts: Facts & {elapsed?: number | undefined; member?: string | undefined}): void {
		const {json, withBodies, output, pcap} = this.#options;
		let shown = header;
		if (facts.secret) {
			const copy = maskedCopy(header);
			shown = this.#masked.load(copy, 0, copy.length);
		}
		if (output !== undefined) {
			const about = {...facts, nameOf: this.#nameOf};
			if (json) output.line(jsonLine(shown, about));
			else output.line(humanLine(shown, {...about, body: withBodies ? argumentsText(shown) : undefined}));
		}
		pcap?.write(shown.bytes, shown.start, shown.end, facts.at);
		this.shown++;
		if (this.isEnough) this.#options.onEnough();
	}
}

interface Facts {
	index: number;
	at: number;
	secret: boolean;
}

/** The secrets that are masked, unless somebody asked to see them. */
export function maskedSecrets(more: readonly string[] | undefined, areShown: boolean): Secrets | undefined {
	return areShown ? undefined : new Secrets(more);
}
