import type {BusLocation} from '../dbus/address.js';
import {PcapWriter} from '../dbus/capture/pcap-writer.js';
import {type Monitor, openMonitor} from '../dbus/monitor.js';

/** Bytes after which a capture ends: a service may stay frozen for days. */
const largestCapture = 256 * 1024 * 1024;

/**
 * The messages of a service from before its freeze until after its thaw, in a file of the checkpoint. They are
 * not masked: beside them lies all of the service's memory. `open` masks them when it shows them.
 */
export class TrafficCapture {
	readonly #writer: PcapWriter;
	#monitor: Monitor | undefined;
	#bytes = 0;
	#isOver = false;

	private constructor(file: string) {
		this.#writer = new PcapWriter(file);
	}

	/** Captures from when it resolves on. Throws Fault `bus-unreachable`, `monitor-refused`, `output-unwritable`. */
	static async start(bus: BusLocation, file: string, rules: readonly string[]): Promise<TrafficCapture> {
		const capture = new TrafficCapture(file);
		try {
			capture.#monitor = await openMonitor({
				...bus,
				rules,
				reusesFrames: true,
				onMessage: ({bytes, start, end}, at) => capture.#write(() => capture.#message(bytes, start, end, at)),
				onReadEnd: () => capture.#write(() => capture.#writer.flush()),
			});
			return capture;
		} catch (error) {
			capture.close();
			throw error;
		}
	}

	close(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#monitor?.close();
		this.#writer.close();
	}

	#message(bytes: Buffer, start: number, end: number, at: number): void {
		this.#bytes += end - start;
		if (this.#bytes > largestCapture) this.close();
		else this.#writer.write(bytes, start, end, at);
	}

	/** A disk that is full ends the capture, and nothing else. */
	#write(work: () => void): void {
		if (this.#isOver) return;
		try {
			work();
		} catch (error) {
			this.#isOver = true;
			this.#monitor?.close();
			process.stderr.write(`${(error as Error).message}\n`);
		}
	}
}

/** Match rules for all that a connection, and those who answer for its names, send and get. */
export function rulesFor(uniqueName: string, names: readonly string[]): string[] {
	const parties = [uniqueName, ...names].flatMap((name) => [`sender='${name}'`, `destination='${name}'`]);
	return [...parties, "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"];
}
