import {readConfig} from '../../common/config/file.js';
import {learnName} from '../../dbus/capture/open.js';
import {readCapture} from '../../dbus/capture/read.js';
import {NameTable} from '../../dbus/names.js';
import {messages} from '../../i18n/index.js';
import type {CommandContext} from '../context.js';
import {filtersOf} from '../traffic/filters.js';
import {Outputs, type TrafficOptions} from '../traffic/outputs.js';
import {MessagePrinter, maskedSecrets} from '../traffic/printer.js';

export interface OpenOptions extends TrafficOptions {
	/** A capture: pcap, pcapng, or the lines of `watch --json`; `-` is standard input. */
	file: string;
}

/** Whether a capture is to be looked at on the screen: on a terminal, and nothing was said about lines. */
function wantsScreen(context: CommandContext, options: TrafficOptions): boolean {
	const {pcap, quiet, body, count} = options;
	const isForLines = pcap !== undefined || quiet === true || body === true || count !== undefined;
	return !isForLines && !context.json && context.stdin.isTTY === true && context.stdout.isTTY === true;
}

/** A capture, on the screen, or printed as `watch` prints what it sees. */
export async function run(context: CommandContext, options: OpenOptions): Promise<number> {
	if (wantsScreen(context, options)) return (await import('./open-screen.js')).openOnScreen(context, options);
	const config = await readConfig(context.env);
	const filters = filtersOf(options, config);
	let isGone = false;
	const outputs = new Outputs(context, options, () => {
		isGone = true;
	});
	const names = new NameTable();
	const printer = new MessagePrinter({
		json: context.json,
		filters,
		names,
		secrets: maskedSecrets(config.secrets, options.showSecrets === true),
		withBodies: options.body === true,
		count: options.count ?? Number.POSITIVE_INFINITY,
		fromFile: true,
		output: outputs.lines,
		pcap: outputs.pcap,
		onEnough() {},
	});
	try {
		const {broken, truncated} = await readCapture(options.file === '-' ? '/dev/stdin' : options.file, {
			onMessage: (header, at) => printer.message(header, at),
			onName: (uniqueName, name) => learnName(names, uniqueName, name),
			async onChunk() {
				printer.flush();
				await outputs.lines?.ready();
			},
			isEnough: () => isGone || printer.isEnough,
		});
		printer.end();
		const text = messages().bus;
		context.stderr.write(`${text.watch.summary(printer.seen, printer.shown)}\n`);
		if (broken > 0) context.stderr.write(`${text.capture.broken(broken)}\n`);
		if (truncated) context.stderr.write(`${text.capture.truncated}\n`);
	} finally {
		await outputs.close();
	}
	return 0;
}
