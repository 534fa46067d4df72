import type {HeldConnection, Policy, SettleObstacle} from './connection.js';
import type {DrainState} from './drain.js';
import type {PutBackResult} from './reinject.js';
import type {StashedSummary} from './stash-summary.js';
import {countInSocket, summariesInSocket} from './waiting.js';

/** What waits for a frozen service, on all its connections, and what was refused. */
export interface Waiting {
	policy: Policy;
	bytes: number;
	messages: number;
	/** There are more messages than that. */
	more: boolean;
	/** When the oldest came, milliseconds since the epoch; absent when nothing waits. */
	oldest?: number;
	/** Messages that are in the stash; the others are still in the sockets. */
	stashed: number;
	/** Calls that got an error instead. */
	refused: number;
	/** Of the connection that is worst off. */
	drain: DrainState;
}

/** One waiting message; `connection` is the unique name that it waits for. */
export type WaitingMessage = StashedSummary & {connection: string};

export interface WaitingPage {
	total: number;
	messages: WaitingMessage[];
}

/** Milliseconds that the daemon gets to read what the service wrote last, where that matters. */
const busyLimitMs = 50;

/** From harmless to worst. */
const severity: readonly DrainState[] = [
	'stopped',
	'watching',
	'draining',
	'limit',
	'descriptors',
	'disk-full',
	'ended',
];

/** All bus connections of one frozen service, under one policy. */
export class HeldService {
	readonly connections: readonly HeldConnection[];
	#policy: Policy;
	/** Since when something has been waiting, in the sockets or the stash. */
	#seenAt: number | undefined;

	constructor(connections: readonly HeldConnection[], policy: Policy) {
		this.connections = connections;
		this.#policy = policy;
	}

	get policy(): Policy {
		return this.#policy;
	}

	/** The daemon of at least one has closed it. */
	get isHungUp(): boolean {
		return this.connections.some((connection) => connection.isHungUp);
	}

	/** Before anything is touched; see HeldConnection. */
	async prepare(): Promise<void> {
		if (this.#policy === 'refuse') await this.#forEach((connection) => connection.prepareToRefuse());
	}

	/**
	 * To be asked while the service stands still.
	 * @returns the first connection on which nobody may speak in its place, and why.
	 */
	async settle(pids: readonly number[]): Promise<{uniqueName: string; reason: SettleObstacle} | undefined> {
		const patienceMs = this.#policy === 'refuse' ? busyLimitMs : 0;
		for (const connection of this.connections) {
			const reason = await connection.settle(pids, patienceMs);
			if (reason) return {uniqueName: connection.uniqueName, reason};
		}
		return undefined;
	}

	/** @param at milliseconds since the epoch: since when callers are told that it is frozen. */
	stoppedAt(at: number): void {
		for (const connection of this.connections) connection.stoppedAt(at);
	}

	/** The process is gone: keeps, or refuses, from now on. May be called again. */
	async begin(): Promise<void> {
		await this.#forEach((connection) => connection.begin(this.#policy));
	}

	/** Changes the policy of a service that is frozen, on all connections or, when it throws, on none. */
	async setPolicy(policy: Policy): Promise<void> {
		if (policy === this.#policy) return;
		try {
			await this.#forEach((connection) => connection.follow(policy));
			this.#policy = policy;
		} catch (error) {
			await this.#forEach((connection) => connection.follow(this.#policy));
			throw error;
		}
	}

	/** See HeldConnection; together, since one that fails makes all of them come back. */
	async handBack(): Promise<PutBackResult> {
		const all: PutBackResult = {messages: 0, bytes: 0, stops: [], undeliverable: [], unwanted: 0};
		for (const connection of this.connections) {
			const {messages, bytes, stops, undeliverable, unwanted} = await connection.handBack();
			all.unwanted += unwanted;
			all.messages += messages;
			all.bytes += bytes;
			all.stops.push(...stops);
			all.undeliverable.push(...undeliverable);
		}
		return all;
	}

	async takeBack(): Promise<void> {
		await this.#forEach((connection) => connection.takeBack());
	}

	finish(): void {
		for (const connection of this.connections) connection.finish();
	}

	close(): void {
		for (const connection of this.connections) connection.close();
	}

	waiting(): Waiting {
		const {connections} = this;
		const sockets = connections.map(({fd}) => countInSocket(fd));
		const stashed = sum(connections.map(({stash}) => stash.count));
		const inSockets = sum(sockets.map(({bytes}) => bytes));
		// What is moved to the stash has waited in the socket before; the stash knows only when it was moved.
		this.#seenAt = inSockets + stashed === 0 ? undefined : (this.#seenAt ?? Date.now());
		const times = [...connections.map(({stash}) => stash.oldest), this.#seenAt].filter(
			(at) => at !== undefined,
		);
		const states = connections.map(({drainState}) => severity.indexOf(drainState));
		return {
			policy: this.#policy,
			bytes: inSockets + sum(connections.map(({stash}) => stash.bytes)),
			messages: stashed + sum(sockets.map(({messages}) => messages)),
			more: sockets.some(({isComplete}) => !isComplete),
			...(times.length === 0 ? {} : {oldest: Math.min(...times)}),
			stashed,
			refused: sum(connections.map(({refusals}) => refusals.count)),
			drain: severity[Math.max(...states, 0)] as DrainState,
		};
	}

	/** `count` of the waiting messages from `first` on, connection by connection, in the order of delivery. */
	page(first: number, count: number): WaitingPage {
		const messages: WaitingMessage[] = [];
		let before = 0;
		for (const {stash, fd, uniqueName} of this.connections) {
			const inSocket = countInSocket(fd).messages;
			const start = Math.max(first - before, 0);
			const left = count - messages.length;
			const stashed = left > 0 ? stash.summaries(start, left) : [];
			const skipped = Math.max(start - stash.count, 0);
			const more = left - stashed.length;
			const rest = more > 0 ? summariesInSocket(fd, stash.count, skipped + more).slice(skipped) : [];
			messages.push(...[...stashed, ...rest].map((summary) => ({...summary, connection: uniqueName})));
			before += stash.count + inSocket;
		}
		return {total: before, messages};
	}

	async #forEach(work: (connection: HeldConnection) => Promise<void>): Promise<void> {
		for (const connection of this.connections) await work(connection);
	}
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
