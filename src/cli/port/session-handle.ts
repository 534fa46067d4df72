import {Fault, type FaultData} from '../../common/fault.js';
import type {Moment, Snapshot} from '../../context/model.js';
import type {Policy} from '../../dbus/held/connection.js';
import type {WaitingPage} from '../../dbus/held/service.js';
import type {KeeperClient} from '../../keeper/client.js';
import type {Decision, Operation, SessionEvent} from '../../session/events.js';
import type {FreezeOptions} from '../../session/options.js';
import type {SessionHandle, ThawChoices} from '../../tui/port.js';
import {type ComparedMoments, compareBetween} from './compare-between.js';
import {EventQueue} from './event-queue.js';

/** The screen's hold on one session: its keeper, seen through the typed port. */
export class KeeperHandle implements SessionHandle {
	readonly checkpoint: string;
	readonly events: EventQueue<SessionEvent>;
	/** Of the keeper, on the bus. */
	busName = '';
	readonly #client: KeeperClient;
	#nextSeq = 0;
	#detached = false;
	#isKeeperGone = false;
	/** How many events have told of a failure. */
	#failures = 0;
	/** Operations that we have asked for and that have not ended. */
	#underWay = 0;

	private constructor(client: KeeperClient) {
		this.#client = client;
		this.checkpoint = client.checkpoint;
		this.events = new EventQueue();
	}

	/** Throws `keeper-unreachable`. */
	static async open(client: KeeperClient): Promise<KeeperHandle> {
		const handle = new KeeperHandle(client);
		client.onClose(() => handle.#onClose());
		const {busName} = await client.subscribe((event) => {
			handle.#nextSeq = event.seq + 1;
			if (event.type === 'failed') handle.#failures++;
			handle.events.push(event);
		});
		handle.busName = busName;
		return handle;
	}

	/** Begins to freeze, step by step. What comes of it is told by the events. */
	freeze(options: FreezeOptions, onFailure: (fault: Fault) => void): void {
		this.#run('freeze', this.#client.freeze(options), onFailure);
	}

	thaw(choices: ThawChoices, onRefused: (fault: FaultData) => void): void {
		const told = this.#failures;
		this.#run('thaw', this.#client.thaw({...choices, stepping: true, leaveStopped: false}), (fault) => {
			if (!this.#isKeeperGone && this.#failures === told) onRefused(fault.toJSON());
		});
	}

	decide(decision: Decision): void {
		// A decision that comes too late is answered by the next event.
		void this.#client.decide(decision).catch(() => {});
	}

	continueAll(): void {
		this.#client.continueAll();
	}

	snapshot(moment: Moment): Promise<Snapshot | undefined> {
		return this.#client.snapshot(moment);
	}

	compare(before: Moment, after: Moment): Promise<ComparedMoments | undefined> {
		return compareBetween((moment) => this.snapshot(moment), before, after);
	}

	setPolicy(policy: Policy): Promise<void> {
		return this.#client.setPolicy(policy);
	}

	waiting(first: number, count: number): Promise<WaitingPage> {
		return this.#client.waiting(first, count);
	}

	detach(): void {
		this.#detached = true;
		this.events.end();
		this.#client.close();
	}

	/** What has become of an operation under way is still to be told. */
	#onClose(): void {
		this.#isKeeperGone = true;
		if (this.#underWay === 0) this.events.end();
	}

	/** The session itself tells how it ends, unless its keeper is no more: then we must. */
	#run(operation: Operation, work: Promise<unknown>, onFailure?: (fault: Fault) => void): void {
		this.#underWay++;
		work
			.catch((error: unknown) => {
				if (this.#detached || !(error instanceof Fault)) return;
				onFailure?.(error);
				if (!this.#isKeeperGone) return;
				this.events.push({
					type: 'failed',
					operation,
					fault: error.toJSON(),
					seq: this.#nextSeq,
					at: Date.now(),
				});
			})
			.finally(() => {
				this.#underWay--;
				if (this.#isKeeperGone) this.events.end();
			});
	}
}
