import type {Server, Socket} from 'node:net';
import {createMessageConnection, type MessageConnection} from 'vscode-jsonrpc/node';
import {Checkpoint} from '../checkpoint/folder.js';
import {Fault} from '../common/fault.js';
import type {FreezeOptions} from '../session/options.js';
import {Session} from '../session/session.js';
import {
	continueAllNotification,
	cycleRequest,
	decideRequest,
	eventNotification,
	freezeRequest,
	interruptNotification,
	type KeeperConfig,
	policyRequest,
	releaseRequest,
	snapshotRequest,
	subscribeRequest,
	thawRequest,
	toResponseError,
	waitingRequest,
} from './protocol.js';
import {listenIn} from './socket.js';
import {TrafficCapture} from './traffic-capture.js';

/** Without any front end for so long after its start, a keeper has been forgotten: milliseconds. */
const firstClientLimitMs = 30_000;

/**
 * Hosts one session in the background and serves front ends. It lives as long as something is frozen or
 * somebody is connected.
 */
export class Keeper {
	readonly #session: Session;
	readonly #clients = new Set<MessageConnection>();
	#server: Server | undefined;
	/** The front end that asked for the operation under way. */
	#driver: MessageConnection | undefined;

	readonly #config: KeeperConfig;
	#capture: TrafficCapture | undefined;

	private constructor(session: Session, config: KeeperConfig) {
		this.#session = session;
		this.#config = config;
	}

	/** Opens the session and begins to listen. Throws the faults of `Session.open`. */
	static async start(config: KeeperConfig, onDone: () => void): Promise<void> {
		const {checkpoint, bus, criu, stateDir} = config;
		const session = await Session.open(new Checkpoint(checkpoint), bus, criu, stateDir);
		const keeper = new Keeper(session, config);
		keeper.#onDone = onDone;
		keeper.#server = await listenIn(config.checkpoint, (socket) => keeper.#accept(socket));
		setTimeout(() => keeper.#endIfIdle(), firstClientLimitMs).unref();
		session.onGivenUp = () => keeper.#endIfIdle();
	}

	#onDone = () => {};

	#accept(socket: Socket): void {
		const client = createMessageConnection(socket, socket);
		this.#clients.add(client);
		client.onClose(() => this.#leave(client));
		client.onError(() => client.end());
		const answer = async <T>(work: () => T | Promise<T>) => {
			try {
				return await work();
			} catch (error) {
				if (error instanceof Fault) return toResponseError(error);
				throw error;
			}
		};
		const drive = async <T>(work: () => Promise<T>) => {
			this.#driver = client;
			try {
				return await answer(work);
			} finally {
				this.#driver = undefined;
			}
		};
		const session = this.#session;
		const captured = async <T>({capture}: FreezeOptions, work: () => Promise<T>) => {
			if (capture !== undefined) await this.#startCapture(capture);
			return work();
		};
		client.onRequest(freezeRequest, (options) =>
			drive(() => captured(options, () => session.freeze(options))),
		);
		client.onRequest(cycleRequest, (options) => drive(() => captured(options, () => session.cycle(options))));
		client.onRequest(thawRequest, (options) => drive(() => session.thaw(options)));
		client.onRequest(decideRequest, (decision) => answer(() => session.decide(decision)));
		client.onRequest(policyRequest, (policy) => answer(() => session.setPolicy(policy)));
		client.onRequest(waitingRequest, ({first, count}) => answer(() => session.waitingPage(first, count)));
		client.onRequest(snapshotRequest, (moment) =>
			answer(async () => (await session.snapshot(moment)) ?? null),
		);
		client.onRequest(releaseRequest, () => answer(() => session.release()));
		client.onRequest(subscribeRequest, () => {
			// A client that has gone away is told of by its end.
			const stop = session.subscribe((event) => {
				client.sendNotification(eventNotification, event).catch(() => {});
			});
			client.onClose(stop);
			return {busName: session.busName};
		});
		client.onNotification(continueAllNotification, () => session.continueAll());
		client.onNotification(interruptNotification, () => session.abandon('signal'));
		client.listen();
	}

	async #startCapture(rules: readonly string[]): Promise<void> {
		const {checkpoint, bus} = this.#config;
		this.#capture ??= await TrafficCapture.start(bus, new Checkpoint(checkpoint).capture, rules);
	}

	#leave(client: MessageConnection): void {
		this.#clients.delete(client);
		if (this.#driver === client) this.#session.abandon('front-end-lost');
		this.#endIfIdle();
	}

	/** Waits for an operation under way to come to its end first. */
	#endIfIdle(): void {
		if (this.#clients.size > 0) return;
		void this.#session.settled().then(() => {
			if (this.#clients.size > 0 || this.#session.keeps) return;
			this.#server?.close();
			this.#capture?.close();
			this.#session.close();
			this.#onDone();
		});
	}
}
