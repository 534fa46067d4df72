import {Fault} from '../common/fault.js';
import type {BusLocation} from './address.js';
import {driver} from './calls.js';
import {WallClock} from './clock.js';
import {openConnection} from './connection.js';
import {field, Header} from './wire/header.js';
import {encodeMessage} from './wire/writer.js';

/** Milliseconds that the daemon may take to make us a monitor. */
const answerTimeout = 10_000;
const serials = {hello: 1, becomeMonitor: 2};
const invalidRule = 'org.freedesktop.DBus.Error.MatchRuleInvalid';

export interface MonitorOptions extends BusLocation {
	/** Match rules for the daemon; none means every message. */
	rules?: readonly string[];
	/** Unique names of our own helper connections, whose calls and replies nobody wants to see. */
	hidden?: ReadonlySet<string>;
	/**
	 * Each message, with the wall clock of its reading (milliseconds since the epoch). The header is used again
	 * for the next message; its `bytes[start, end)` stay valid for as long as they are referred to.
	 */
	onMessage(header: Header, at: number): void;
	/** After the messages of one read: the moment to write or draw. */
	onReadEnd?(): void;
	/** The monitor has ended; the reason is missing when we closed it ourselves. */
	onEnd?(reason?: string): void;
}

export interface Monitor {
	/** The name it had until it became a monitor. */
	readonly uniqueName: string;
	/** False: the daemon leaves out messages that carry descriptors. */
	readonly passesFds: boolean;
	close(): void;
}

/**
 * Opens a connection that sees all traffic and never sends anything again. Descriptors in messages are counted
 * by their header; the kernel closes the descriptors themselves, because we read without asking for them.
 * Throws Fault `bus-unreachable`, `monitor-refused` (with the daemon's words), or `usage` for a bad rule.
 */
export async function openMonitor(options: MonitorOptions): Promise<Monitor> {
	const {hidden, onMessage, onReadEnd, onEnd} = options;
	const header = new Header();
	const clock = new WallClock();
	const welcome = new Welcome();
	let at = 0;

	const connection = await openConnection(options, {
		onReadStart() {
			at = clock.now();
		},
		onFrame(bytes, start, end) {
			header.load(bytes, start, end);
			if (!welcome.done) welcome.take(header);
			else if (header.type !== undefined && !isHidden(header)) onMessage(header, at);
		},
		onReadEnd() {
			if (welcome.done) onReadEnd?.();
		},
		onEnd(reason) {
			if (welcome.done) onEnd?.(reason);
			else welcome.fail(reason ?? 'closed');
		},
	});

	/** Also what the daemon addresses to ourselves on our way to being a monitor. */
	function isHidden(message: Header): boolean {
		if (message.has(field.destination)) {
			const destination = message.text(field.destination) as string;
			if (destination === welcome.uniqueName || hidden?.has(destination)) return true;
		}
		return message.type === 'call' && hidden?.has(message.text(field.sender) ?? '') === true;
	}

	const rules = options.rules ?? [];
	connection.send(encodeMessage({...driver, type: 'call', serial: serials.hello, member: 'Hello'}));
	connection.send(
		encodeMessage({
			...driver,
			type: 'call',
			serial: serials.becomeMonitor,
			interface: 'org.freedesktop.DBus.Monitoring',
			member: 'BecomeMonitor',
			signature: 'asu',
			body: [rules, 0],
		}),
	);
	const timer = setTimeout(() => welcome.fail('timeout'), answerTimeout);
	try {
		await welcome.promise;
	} catch (error) {
		connection.close();
		throw error;
	} finally {
		clearTimeout(timer);
	}
	return {uniqueName: welcome.uniqueName, passesFds: connection.passesFds, close: () => connection.close()};
}

/** The answers to Hello and BecomeMonitor. */
class Welcome {
	uniqueName = '';
	done = false;
	readonly promise: Promise<void>;
	#resolve!: () => void;
	#reject!: (fault: Fault) => void;

	constructor() {
		this.promise = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
	}

	take(header: Header): void {
		if (header.type === 'error') this.#reject(refusal(header));
		if (header.type !== 'return') return;
		if (header.replySerial === serials.hello) this.uniqueName = String(header.body()[0]);
		if (header.replySerial !== serials.becomeMonitor) return;
		this.done = true;
		this.#resolve();
	}

	fail(reason: string): void {
		this.#reject(new Fault('monitor-refused', {reason}));
	}
}

function refusal(header: Header): Fault {
	const reason = String(header.body()[0] ?? header.text(field.errorName));
	const isRule = header.text(field.errorName) === invalidRule;
	return isRule ? new Fault('usage', {detail: reason}) : new Fault('monitor-refused', {reason});
}
