import {createMessageConnection, type MessageConnection} from 'vscode-jsonrpc/node';
import {Checkpoint} from '../checkpoint/folder.js';
import {Fault} from '../common/fault.js';
import type {Moment, Snapshot} from '../context/model.js';
import type {Policy} from '../dbus/held/connection.js';
import type {WaitingPage} from '../dbus/held/service.js';
import type {Decision, FreezeResult, SessionEvent, ThawResult} from '../session/events.js';
import type {FreezeOptions, ThawOptions} from '../session/options.js';
import {aftermath} from '../session/repair/aftermath.js';
import {
	continueAllNotification,
	cycleRequest,
	decideRequest,
	eventNotification,
	faultOf,
	freezeRequest,
	interruptNotification,
	policyRequest,
	releaseRequest,
	type Subscribed,
	snapshotRequest,
	subscribeRequest,
	thawRequest,
	waitingRequest,
} from './protocol.js';
import {connectTo} from './socket.js';

/** Answers that came before the end of a connection are read within this time, milliseconds. */
const lastWordsMs = 50;

/** A front end's connection to the keeper of one checkpoint. All its requests throw `Fault`s only. */
export class KeeperClient {
	readonly checkpoint: string;
	readonly #connection: MessageConnection;
	#isClosed = false;
	/** What has become of the target; several requests may wait for it. */
	#aftermath: Promise<Fault> | undefined;

	private constructor(checkpoint: string, connection: MessageConnection) {
		this.checkpoint = checkpoint;
		this.#connection = connection;
	}

	/** Throws `keeper-unreachable`. */
	static async connect(checkpoint: string): Promise<KeeperClient> {
		const socket = await connectTo(checkpoint);
		const connection = createMessageConnection(socket, socket);
		connection.onError(() => connection.end());
		// The library leaves requests without an answer when the other side goes away.
		connection.onClose(() => setTimeout(() => connection.dispose(), lastWordsMs));
		connection.listen();
		return new KeeperClient(checkpoint, connection);
	}

	freeze(options: FreezeOptions): Promise<FreezeResult> {
		return this.#ask(() => this.#connection.sendRequest(freezeRequest, options));
	}

	cycle(options: FreezeOptions): Promise<ThawResult> {
		return this.#ask(() => this.#connection.sendRequest(cycleRequest, options));
	}

	thaw(options: ThawOptions): Promise<ThawResult> {
		return this.#ask(() => this.#connection.sendRequest(thawRequest, options));
	}

	/** Past events, then live ones, until the keeper ends or we close. */
	subscribe(reader: (event: SessionEvent) => void): Promise<Subscribed> {
		this.#connection.onNotification(eventNotification, reader);
		return this.#ask(() => this.#connection.sendRequest(subscribeRequest));
	}

	async snapshot(moment: Moment): Promise<Snapshot | undefined> {
		return (await this.#ask(() => this.#connection.sendRequest(snapshotRequest, moment))) ?? undefined;
	}

	setPolicy(policy: Policy): Promise<void> {
		return this.#ask(() => this.#connection.sendRequest(policyRequest, policy));
	}

	/** `count` of the waiting messages from `first` on, in the order of delivery. */
	waiting(first: number, count: number): Promise<WaitingPage> {
		return this.#ask(() => this.#connection.sendRequest(waitingRequest, {first, count}));
	}

	decide(decision: Decision): Promise<void> {
		return this.#ask(() => this.#connection.sendRequest(decideRequest, decision));
	}

	continueAll(): void {
		this.#connection.sendNotification(continueAllNotification).catch(() => {});
	}

	interrupt(): void {
		this.#connection.sendNotification(interruptNotification).catch(() => {});
	}

	release(): Promise<void> {
		return this.#ask(() => this.#connection.sendRequest(releaseRequest));
	}

	onClose(listener: () => void): void {
		this.#connection.onClose(listener);
	}

	close(): void {
		this.#isClosed = true;
		this.#connection.end();
	}

	async #ask<T>(request: () => Promise<T>): Promise<T> {
		try {
			return await request();
		} catch (error) {
			throw faultOf(error) ?? (await this.#afterKeeper((error as Error).message));
		}
	}

	/** The keeper has gone away in the middle of a request; or we have, and then it goes on without us. */
	#afterKeeper(reason: string): Promise<Fault> {
		if (this.#isClosed)
			return Promise.resolve(new Fault('keeper-unreachable', {checkpoint: this.checkpoint, reason}));
		this.#aftermath ??= aftermath(new Checkpoint(this.checkpoint), reason);
		return this.#aftermath;
	}
}
