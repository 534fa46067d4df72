import {argumentsText} from '../../dbus/arguments.js';
import {inspectMessage, type MessageInspection} from '../../dbus/inspect.js';
import type {NameTable} from '../../dbus/names.js';
import type {Query} from '../../dbus/query/query.js';
import {Receivers} from '../../dbus/receivers.js';
import type {Traffic} from '../../dbus/traffic.js';
import type {Application, BusPeer, TrafficGap, TrafficMessage} from '../../dbus/types.js';
import {Header} from '../../dbus/wire/header.js';
import type {TrafficFeed} from '../../tui/port.js';

/** The traffic in memory, with all that the screen wants to know of a message beside. */
export class RecordedTraffic implements TrafficFeed {
	readonly #header = new Header();
	readonly #receivers = new Receivers();

	constructor(
		private readonly recorded: Traffic,
		private readonly names: NameTable,
		private readonly peers: () => readonly BusPeer[],
		/** Bodies that may hold secrets are not masked. */
		private readonly showSecrets = false,
	) {}

	counts(): {seen: number; dropped: number; bytes: number} {
		return this.recorded.counts();
	}

	range(): {first: number; end: number} {
		return this.recorded.range();
	}

	get(index: number): TrafficMessage | undefined {
		return this.recorded.get(index);
	}

	elapsed(message: TrafficMessage): number | undefined {
		return this.recorded.elapsed(message);
	}

	pair(message: TrafficMessage): TrafficMessage | undefined {
		return this.recorded.pair(message);
	}

	matches(index: number, query: Query): boolean {
		return this.recorded.matches(index, query);
	}

	now(): number {
		if (this.recorded.status().mode !== 'capture') return Date.now();
		return this.recorded.get(this.recorded.range().end - 1)?.at ?? 0;
	}

	arguments({index}: TrafficMessage): string | undefined {
		const frame = this.recorded.frame(index, this.showSecrets);
		return frame && argumentsText(this.#header.load(frame, 0, frame.length));
	}

	inspect({index}: TrafficMessage, unmasked = this.showSecrets): MessageInspection | undefined {
		const frame = this.recorded.frame(index, unmasked);
		return frame && inspectMessage(frame, !unmasked && this.recorded.isSecret(index));
	}

	nameOf(uniqueName: string): string {
		return this.names.nameOf(uniqueName);
	}

	ownerOf(name: string): string {
		return this.names.aliases(name).find((alias) => alias.startsWith(':')) ?? name;
	}

	applicationOf(uniqueName: string): Application | undefined {
		return this.names.applicationOf(uniqueName);
	}

	receivers({index}: TrafficMessage): readonly string[] | undefined {
		const frame = this.recorded.frame(index, true);
		if (frame === undefined) return undefined;
		return this.#receivers.of(this.#header.load(frame, 0, frame.length), this.peers(), this.names);
	}

	gaps(): readonly TrafficGap[] {
		return this.recorded.gaps();
	}

	status(): ReturnType<TrafficFeed['status']> {
		return this.recorded.status();
	}
}
