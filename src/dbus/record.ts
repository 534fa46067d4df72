import {Fault} from '../common/fault.js';
import {type Monitor, type MonitorOptions, openMonitor} from './monitor.js';
import {untilConnected} from './reconnect.js';
import {Traffic, type TrafficSettings} from './traffic.js';

export interface RecordOptions
	extends Pick<MonitorOptions, 'address' | 'uid' | 'isUsers' | 'rules' | 'hidden'>,
		TrafficSettings {
	/** The daemon has ended the connection; `status()` says why, and whether it is tried again. */
	onEnd?(): void;
}

/**
 * Starts to watch a bus into memory. A daemon that drops us is asked again until it takes us back; the time
 * between is a gap. When watching is refused or cannot go on, `status()` says so and what was seen stays
 * readable. Throws Fault `bus-unreachable` or `usage` (a bad rule).
 */
export async function recordTraffic(options: RecordOptions): Promise<Traffic> {
	const recorder = new Recorder(options);
	await recorder.start();
	return recorder.traffic;
}

class Recorder {
	readonly traffic: Traffic;
	readonly #options: RecordOptions;
	readonly #closed = new AbortController();
	#monitor: Monitor | undefined;
	#guid: string | undefined;

	constructor(options: RecordOptions) {
		this.#options = options;
		this.traffic = new Traffic(options);
		this.traffic.endsWith(() => {
			this.#closed.abort();
			this.#monitor?.close();
		});
	}

	async start(): Promise<void> {
		try {
			await this.#open();
		} catch (error) {
			if (!(error instanceof Fault) || error.code !== 'monitor-refused') throw error;
			this.traffic.set({mode: 'off', reason: (error as Fault<'monitor-refused'>).params.reason});
		}
	}

	async #open(): Promise<void> {
		const {traffic} = this;
		const monitor = await openMonitor({
			...this.#options,
			onMessage: (header, at) => traffic.add(header, at),
			// It keeps copies.
			reusesFrames: true,
			onMalformed: () => traffic.malformed(),
			onEnd: (reason) => void this.#lost(reason),
		});
		// Another daemon has other connections: whoever knows them all must begin anew, not only we.
		if (monitor.guid !== (this.#guid ?? monitor.guid)) {
			monitor.close();
			throw new OtherDaemon();
		}
		this.#guid = monitor.guid;
		this.#monitor = monitor;
		if (this.#closed.signal.aborted) monitor.close();
		const {mode, refusal} = monitor;
		traffic.set({mode, ...(refusal === undefined ? {} : {reason: refusal})});
	}

	async #lost(reason: string | undefined): Promise<void> {
		if (this.#closed.signal.aborted || this.#monitor === undefined) return;
		this.#monitor = undefined;
		this.traffic.set({mode: 'off', reason: reason ?? 'closed', reconnecting: true});
		this.#options.onEnd?.();
		try {
			await untilConnected(() => this.#open(), this.#closed.signal);
		} catch (error) {
			this.traffic.set({mode: 'off', reason: reasonOf(error)});
		}
	}
}

class OtherDaemon extends Error {}

function reasonOf(error: unknown): string {
	if (error instanceof OtherDaemon) return 'other-guid';
	return error instanceof Fault && error.code === 'usage'
		? (error as Fault<'usage'>).params.detail
		: String(error);
}
