import {Fault} from '../../common/fault.js';
import {PcapWriter} from '../../dbus/capture/pcap-writer.js';
import {messages} from '../../i18n/index.js';
import type {CommandContext} from '../context.js';
import {LineWriter} from './line-writer.js';

/** The options that `watch` and `open` share. */
export interface TrafficOptions {
	/** Match rules; none means all traffic. */
	match?: readonly string[];
	/** A filter in the short language; answers come along with their calls. */
	filter?: string;
	/** A capture file to write beside the lines, or `-` for standard output instead of lines. */
	pcap?: string;
	/** No lines. */
	quiet?: boolean;
	/** Lines with decoded arguments. */
	body?: boolean;
	/** Bodies that may hold secrets are not masked. */
	showSecrets?: boolean;
	/** Ends after so many shown messages. */
	count?: number;
}

/** Milliseconds that a reader of our output gets to take the last lines. */
const lastLinesLimit = 2000;

/** Where what is shown goes to. */
export class Outputs {
	readonly lines: LineWriter | undefined;
	readonly pcap: PcapWriter | undefined;

	/** @param onGone called when nobody reads the lines any more. */
	constructor(context: CommandContext, {pcap, quiet}: TrafficOptions, onGone: () => void) {
		const toStdout = pcap === '-';
		if (toStdout && context.stdout.isTTY) {
			throw new Fault('usage', {detail: messages().bus.watch.captureOnTerminal});
		}
		this.pcap = pcap === undefined ? undefined : new PcapWriter(pcap);
		if (!toStdout && quiet !== true) this.lines = new LineWriter(context.stdout, onGone);
	}

	/** Writes what is left. Throws Fault `disk-full`, `output-unwritable`. */
	async close(): Promise<void> {
		try {
			this.pcap?.close();
		} finally {
			await this.lines?.end(lastLinesLimit);
		}
	}

	/** Lines that a slow reader has missed. */
	get dropped(): number {
		return this.lines !== undefined && this.lines.error === undefined ? this.lines.dropped : 0;
	}
}
