import type {TrafficMessage} from '../../../dbus/types.js';
import type {TrafficFeed} from '../../port.js';
import {Histogram} from './histogram.js';
import {Rate} from './rate.js';
import {Timeline} from './timeline.js';

/** Members and talkers that are counted apart; a bus that invents names without end stays within bounds. */
const mostEntries = 2000;

/** A method or a signal of one service. */
export interface MemberFigures {
	service: string;
	interface: string;
	member: string;
	type: 'call' | 'signal';
	count: number;
	errors: number;
	rate: Rate;
	/** From call to answer; a signal has none. */
	latency?: Histogram;
}

export interface TalkerFigures {
	name: string;
	messages: number;
	bytes: number;
	rate: Rate;
}

export const kinds = ['calls', 'signals', 'errors'] as const;
export type Kind = (typeof kinds)[number];

/** What the statistics add up. Strings are as received: escape before printing. */
export class Tally {
	messages = 0;
	bytes = 0;
	calls = 0;
	replies = 0;
	errors = 0;
	signals = 0;
	/** When the first message was read, milliseconds since the epoch. */
	since: number | undefined;
	readonly latency = new Histogram();
	readonly timeline: Timeline<Kind>;
	readonly members = new Map<string, MemberFigures>();
	readonly talkers = new Map<string, TalkerFigures>();
	/** What a name stood for when it was first met; asking the name table for each message would cost too much. */
	readonly #services = new Map<string, string>();

	constructor(
		private readonly feed: Pick<TrafficFeed, 'nameOf' | 'ownerOf' | 'pair' | 'elapsed'>,
		stepMs: number,
	) {
		this.timeline = new Timeline<Kind>(kinds, stepMs);
	}

	/** Messages come in the order of time. */
	add(message: TrafficMessage): void {
		const {type, at, size, sender} = message;
		this.messages++;
		this.bytes += size;
		this.since ??= at;
		this.#talker(sender ?? '', at, size);
		if (type === 'call') {
			this.calls++;
			this.timeline.add('calls', at);
			this.#count(this.#member(message, message.destination ?? '', 'call'), at);
		} else if (type === 'signal') {
			this.signals++;
			this.timeline.add('signals', at);
			this.#count(this.#member(message, sender ?? '', 'signal'), at);
		} else this.#answer(message);
	}

	/** Names change: later ones are looked up anew. */
	forgetNames(): void {
		this.#services.clear();
	}

	#answer(message: TrafficMessage): void {
		const isError = message.type === 'error';
		if (isError) {
			this.errors++;
			this.timeline.add('errors', message.at);
		} else this.replies++;
		const call = this.feed.pair(message);
		const ms = this.feed.elapsed(message);
		const member = call && this.#member(call, call.destination ?? '', 'call');
		if (ms !== undefined) this.latency.add(ms);
		if (!member) return;
		if (isError) member.errors++;
		if (ms === undefined) return;
		member.latency ??= new Histogram();
		member.latency.add(ms);
	}

	#count(figures: MemberFigures | undefined, at: number): void {
		if (!figures) return;
		figures.count++;
		figures.rate.add(at);
	}

	#member(message: TrafficMessage, party: string, type: MemberFigures['type']): MemberFigures | undefined {
		const {interface: name = '', member = ''} = message;
		const service = this.#service(party);
		const key = `${type}\n${service}\n${name}\n${member}`;
		let figures = this.members.get(key);
		if (!figures && this.members.size < mostEntries) {
			figures = {service, interface: name, member, type, count: 0, errors: 0, rate: new Rate()};
			this.members.set(key, figures);
		}
		return figures;
	}

	#talker(party: string, at: number, size: number): void {
		const name = this.#service(party);
		let figures = this.talkers.get(name);
		if (!figures) {
			if (this.talkers.size >= mostEntries) return;
			figures = {name, messages: 0, bytes: 0, rate: new Rate()};
			this.talkers.set(name, figures);
		}
		figures.messages++;
		figures.bytes += size;
		figures.rate.add(at);
	}

	#service(party: string): string {
		let name = this.#services.get(party);
		if (name === undefined) {
			if (this.#services.size >= mostEntries) this.#services.clear();
			name = this.feed.nameOf(this.feed.ownerOf(party));
			this.#services.set(party, name);
		}
		return name;
	}
}
