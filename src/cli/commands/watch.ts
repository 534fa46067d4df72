import {readConfig} from '../../common/config/file.js';
import {escapeText} from '../../common/escape.js';
import type {BusLocation} from '../../dbus/address.js';
import {connectBus} from '../../dbus/calls.js';
import {followCensus} from '../../dbus/follow.js';
import {type Monitor, openMonitor} from '../../dbus/monitor.js';
import {NameTable} from '../../dbus/names.js';
import {untilConnected} from '../../dbus/reconnect.js';
import {messages} from '../../i18n/index.js';
import {busOf} from '../bus.js';
import type {CommandContext} from '../context.js';
import {filtersOf} from '../traffic/filters.js';
import {Outputs, type TrafficOptions} from '../traffic/outputs.js';
import {MessagePrinter, maskedSecrets} from '../traffic/printer.js';

/** Milliseconds for which a daemon that has ended the connection is asked again. */
const patience = 3000;

/** Milliseconds that output waits for more of it. Under a flood a write for each read costs as much as all the rest. */
const gatherMs = 10;

/** Live traffic, one line or JSON object a message, until SIGINT, `--count`, or the reader leaves. */
export async function run(context: CommandContext, options: TrafficOptions): Promise<number> {
	const config = await readConfig(context.env);
	const filters = filtersOf(options, config);
	const stopped = new AbortController();
	const stop = (): void => stopped.abort();
	process.on('SIGINT', stop);
	process.on('SIGTERM', stop);
	const outputs = new Outputs(context, options, stop);
	const names = new NameTable();
	const printer = new MessagePrinter({
		json: context.json,
		filters,
		names,
		secrets: maskedSecrets(config.secrets, options.showSecrets === true),
		withBodies: options.body === true,
		count: options.count ?? Number.POSITIVE_INFINITY,
		fromFile: false,
		output: outputs.lines,
		pcap: outputs.pcap,
		onEnough: stop,
	});
	const watcher = new Watcher(context, printer, names, filters.daemonRules);
	const passing = setInterval(() => watcher.pass(), 1000);
	try {
		await watcher.watch(stopped.signal);
	} finally {
		clearInterval(passing);
		try {
			printer.end();
		} finally {
			await outputs.close();
		}
		watcher.sumUp(outputs.dropped);
		process.off('SIGINT', stop);
		process.off('SIGTERM', stop);
	}
	return 0;
}

/** A monitor, and beside it a plain connection that asks who is who. */
interface Watching {
	monitor: Monitor;
	/** Settles when one of both ends, with the reason. */
	ended: Promise<string>;
	close(): void;
}

class Watcher {
	readonly #location: BusLocation;
	#malformed = 0;
	#flushing: NodeJS.Timeout | undefined;
	/** Ends `watch`: what it has seen cannot be written. */
	#fail: (error: unknown) => void = () => {};

	constructor(
		private readonly context: CommandContext,
		private readonly printer: MessagePrinter,
		private readonly names: NameTable,
		private readonly rules: readonly string[],
	) {
		this.#location = busOf(context);
	}

	/**
	 * Watches until `stop`; a daemon that drops us is asked again for a while. Throws Fault when that is over, and
	 * `disk-full` or `output-unwritable`.
	 */
	async watch(stop: AbortSignal): Promise<void> {
		const text = messages().bus.watch;
		const stopping = new Promise<undefined>((resolve) => {
			stop.addEventListener('abort', () => resolve(undefined), {once: true});
		});
		const failing = new Promise<never>((_, reject) => {
			this.#fail = reject;
		});
		failing.catch(() => {}); // It may fail while nobody waits for it, between two connections.
		let watching = await this.#begin();
		this.#say(text.started(watching.monitor.address));
		this.#sayMode(watching.monitor);
		for (;;) {
			let reason: string | undefined;
			try {
				reason = await Promise.race([stopping, watching.ended, failing]);
			} finally {
				watching.close();
			}
			if (reason === undefined || stop.aborted) return clearTimeout(this.#flushing);
			const lostAt = Date.now();
			this.#say(text.lost(messages().bus.reasons[reason] ?? reason));
			const before = watching.monitor.guid;
			const again = await untilConnected(() => this.#begin(before), stop, patience);
			if (again === undefined) return;
			watching = again;
			this.#say(text.back(((Date.now() - lostAt) / 1000).toFixed(1)));
		}
	}

	/** Without messages, too, calls remain unanswered. */
	pass(): void {
		this.#write(() => this.printer.pass(Date.now()));
		this.#flushSoon();
	}

	/** What was seen, and what is missing. */
	sumUp(dropped: number): void {
		const text = messages().bus.watch;
		const {seen, shown} = this.printer;
		this.#say(text.summary(seen, shown));
		if (this.#malformed > 0) this.#say(text.malformed(this.#malformed));
		if (dropped > 0) this.#say(text.dropped(dropped));
	}

	/** @param before id of the daemon that we have watched until now. */
	async #begin(before?: string): Promise<Watching> {
		const {printer, names} = this;
		const bus = await connectBus(this.#location);
		try {
			// Another daemon gives the same unique names to others.
			if (before !== undefined && bus.guid !== before) {
				names.clear();
				printer.forgetCalls();
			}
			const feed = await followCensus(bus, {names, slow: false});
			let lost: (reason: string) => void = () => {};
			const ended = new Promise<string>((resolve) => {
				lost = resolve;
			});
			const monitor = await openMonitor({
				...this.#location,
				rules: this.rules,
				hidden: new Set([bus.uniqueName]),
				onMessage: (header, at) => this.#write(() => printer.message(header, at)),
				// The printer copies the few that it needs later.
				reusesFrames: true,
				onMalformed: () => {
					this.#malformed++;
				},
				onReadEnd: () => this.#flushSoon(),
				onEnd: (reason) => lost(reason ?? 'closed'),
			});
			const close = (): void => {
				feed.stop();
				monitor.close();
				bus.close();
			};
			return {monitor, ended, close};
		} catch (error) {
			bus.close();
			throw error;
		}
	}

	#write(work: () => void): void {
		try {
			work();
		} catch (error) {
			this.#fail(error);
		}
	}

	#flushSoon(): void {
		this.#flushing ??= setTimeout(() => {
			this.#flushing = undefined;
			this.#write(() => this.printer.flush());
		}, gatherMs);
	}

	#sayMode({mode, refusal = ''}: Monitor): void {
		const text = messages().bus.watch;
		if (mode !== 'monitor') this.#say(`${text.refused(refusal)}\n${text.modes[mode]}`);
	}

	#say(text: string): void {
		for (const line of text.split('\n')) this.context.stderr.write(`${escapeText(line)}\n`);
	}
}
