import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {type BusLocation, locateBus} from '../../dbus/address.js';
import {type Bus, connectBus} from '../../dbus/calls.js';
import {PcapWriter} from '../../dbus/capture/pcap-writer.js';
import {followCensus} from '../../dbus/follow.js';
import {openMonitor} from '../../dbus/monitor.js';
import {NameTable} from '../../dbus/names.js';
import {Pairing} from '../../dbus/pairing.js';
import {watchOwners} from '../../dbus/traffic.js';
import {field, type Header} from '../../dbus/wire/header.js';
import {messages} from '../../i18n/index.js';
import type {CommandContext} from '../context.js';
import {LineWriter} from '../line-writer.js';
import {humanLine, jsonLine, type LineFacts} from '../message-line.js';

export interface WatchOptions {
	/** Match rules that the daemon applies; none means all traffic. */
	match?: readonly string[];
	/** Text that a line or a body must contain; replies come along with the calls that matched. */
	filter?: string;
	/** A capture file to write beside the lines. */
	pcap?: string;
	/** Ends after so many shown messages. */
	count?: number;
}

/** Milliseconds that a reader of our output gets to take the last lines. */
const lastLinesLimit = 2000;

/** Live traffic, one line or JSON object a message, until SIGINT, `--count`, or the reader leaves. */
export async function run(context: CommandContext, options: WatchOptions): Promise<number> {
	const location = locateBus(context.bus, context.env, process.getuid?.() ?? 0);
	const bus = await connectBus(location);
	try {
		const pcap = options.pcap === undefined ? undefined : new PcapWriter(options.pcap);
		try {
			await show(context, options, location, bus, pcap);
		} finally {
			pcap?.close();
		}
	} finally {
		bus.close();
	}
	return 0;
}

async function show(
	context: CommandContext,
	options: WatchOptions,
	location: BusLocation,
	bus: Bus,
	pcap: PcapWriter | undefined,
): Promise<void> {
	let finish: (fault?: Fault) => void = () => {};
	const finished = new Promise<Fault | undefined>((resolve) => {
		finish = resolve;
	});
	const stop = (): void => finish();
	const names = new NameTable();
	const output = new LineWriter(context.stdout, stop);
	const view = new View(context.json, names, options, output, pcap, stop);
	process.on('SIGINT', stop);
	process.on('SIGTERM', stop);
	try {
		const feed = await followCensus(bus, {names, slow: false});
		const monitor = await openMonitor({
			...location,
			hidden: new Set([bus.uniqueName]),
			...(options.match === undefined ? {} : {rules: options.match}),
			onMessage: (header, at) => view.message(header, at),
			onReadEnd: () => output.flush(),
			onEnd: (reason) => finish(ended(location, reason)),
		});
		context.stderr.write(`${messages().bus.watch.started(escapeText(bus.address))}\n`);
		const fault = await finished;
		feed.stop();
		monitor.close();
		await output.end(lastLinesLimit);
		if (output.dropped > 0 && output.error === undefined) {
			context.stderr.write(`${messages().bus.watch.dropped(output.dropped)}\n`);
		}
		if (fault !== undefined) throw fault;
	} finally {
		process.off('SIGINT', stop);
		process.off('SIGTERM', stop);
	}
}

function ended({address}: BusLocation, reason: string | undefined): Fault | undefined {
	return reason === undefined ? undefined : new Fault('bus-unreachable', {address, reason});
}

/** A call that waits for its reply. */
interface OpenCall {
	at: number;
	member: string | undefined;
	shown: boolean;
}

/** Decides what is shown, and shows it. */
class View {
	readonly #pairing = new Pairing<OpenCall>();
	readonly #line: (header: Header, facts: LineFacts) => string;
	readonly #needle: {text: string; bytes: Buffer} | undefined;
	readonly #nameOf: (uniqueName: string) => string;
	#index = 0;
	#left: number;

	constructor(
		json: boolean,
		private readonly names: NameTable,
		options: WatchOptions,
		private readonly output: LineWriter,
		private readonly pcap: PcapWriter | undefined,
		private readonly stop: () => void,
	) {
		this.#line = json ? jsonLine : humanLine;
		this.#nameOf = (uniqueName) => names.nameOf(uniqueName);
		this.#left = options.count ?? Number.POSITIVE_INFINITY;
		const {filter} = options;
		if (filter) this.#needle = {text: filter.toLowerCase(), bytes: Buffer.from(filter)};
	}

	message(header: Header, at: number): void {
		if (this.#left === 0) return;
		const index = this.#index++;
		const isReply = header.type === 'return' || header.type === 'error';
		if (header.type === 'signal') watchOwners(header, this.names);
		const call = isReply
			? this.#pairing.replied(header.text(field.destination) ?? '', header.replySerial)
			: undefined;
		const elapsed = call && at - call.at;
		const line = this.#line(header, {index, at, elapsed, member: call?.member, nameOf: this.#nameOf});
		const shown = call?.shown === true || this.#wants(header, line);
		if (header.type === 'call' && !header.noReply) {
			const open = {at, member: header.text(field.member), shown};
			this.#pairing.called(header.text(field.sender) ?? '', header.serial, open);
		}
		if (!shown) return;
		this.output.line(line);
		this.pcap?.write(header.bytes.subarray(header.start, header.end), at);
		if (--this.#left === 0) this.stop();
	}

	#wants(header: Header, line: string): boolean {
		const needle = this.#needle;
		if (needle === undefined) return true;
		if (line.toLowerCase().includes(needle.text)) return true;
		return header.bytes.subarray(header.start, header.end).includes(needle.bytes);
	}
}
