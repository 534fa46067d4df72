import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../../common/fault.js';
import {SystemCallError} from '../../kernel/errors.js';
import {isHungUp} from '../../kernel/socket.js';
import type {BusLocation} from '../address.js';
import {Header} from '../wire/header.js';
import {beginsWithMessage} from './boundary.js';
import {Drain, type DrainState} from './drain.js';
import {Fates} from './fates.js';
import {NoiseFilter} from './noise.js';
import {type OutgoingState, outgoingState} from './outgoing.js';
import {type HeldMessage, HeldReader} from './reader.js';
import {type FrozenService, RefusalLog} from './refusal.js';
import {CallRefuser} from './refuser.js';
import {PutBack, type PutBackResult} from './reinject.js';
import {StandInNames} from './stand-in-names.js';
import {Stash} from './stash.js';
import {NameTakeover} from './takeover.js';
import {HeldWriter} from './writer.js';

/** What becomes of calls to a frozen service: they wait for the thaw, or get an error at once. */
export type Policy = 'queue' | 'refuse';

/** Why nobody may speak in a service's place: see `OutgoingState`; `boundary`: it had read half a message. */
export type SettleObstacle = Exclude<OutgoingState, 'whole'> | 'boundary';

/** How long the daemon may take to answer all that was said for the service, milliseconds; it needs one or two. */
const answerLimitMs = 2000;
/** Between two looks for those answers, milliseconds. */
const answerLookMs = 1;

export interface HeldConnectionOptions {
	/** Our duplicate of the service's socket, and its inode. It stays the caller's. */
	fd: number;
	inode: number;
	/** What has begun to read from it, if something has. */
	reader?: HeldReader;
	/** Well-known names that the service owns on this bus. */
	names: readonly string[];
	/** The bus, once for each user as whom a stand-in may own the names, in the order to try. */
	locations: readonly BusLocation[];
	daemonPid: number | undefined;
	stashDir: string;
	/** What callers are told; it changes when the service stops. */
	service: FrozenService;
	/** The stand-in's connection ended while it was needed, or is back. */
	onStandIn: (event: 'lost' | 'back') => void;
	/** The disk takes nothing more of what waits, or takes it again. */
	onDisk: (event: 'full' | 'room') => void;
	/** The connection is over: the daemon has closed it. */
	onEnded: () => void;
}

/**
 * One bus connection of a service while it is frozen: drains its socket into a stash, refuses calls if that is
 * the policy, and hands everything back in order before the service runs.
 *
 * The names are taken over only when the service's process is gone: it must never read that it lost one, and
 * while it lives it might be left running at any instant, by an abort or by our end. That it is possible is
 * checked while it stands still and nothing has been changed.
 */
export class HeldConnection {
	readonly refusals = new RefusalLog();
	readonly #options: HeldConnectionOptions;
	readonly #reader: HeldReader;
	readonly #writer: HeldWriter;
	readonly #noise = new NoiseFilter();
	readonly #fates = new Fates(this.#noise);
	readonly #names: StandInNames;
	readonly #stash: Stash;
	readonly #drain: Drain;
	#putBack: PutBack | undefined;
	/** Whether we may speak in the service's place; seen while it stands still. */
	#mayWrite = false;
	/** So many messages of the stash came over a connection that is no more. */
	#stale = 0;
	#isOver = false;
	#isDiskFull = false;

	/** Throws what making the stash's folder may throw. */
	constructor(options: HeldConnectionOptions) {
		this.#options = options;
		const {fd, service, daemonPid} = options;
		this.#reader = options.reader ?? new HeldReader(fd);
		this.#writer = new HeldWriter(fd);
		this.#names = new StandInNames({
			...options,
			takeover: new NameTakeover({writer: this.#writer, noise: this.#noise, owner: service.uniqueName}),
			refusals: this.refusals,
			onChange: options.onStandIn,
			isConnected: () => !this.#isOver && !this.isHungUp,
		});
		this.#stash = Stash.open(options.stashDir);
		this.#drain = new Drain({
			reader: this.#reader,
			stash: this.#stash,
			...(daemonPid === undefined ? {} : {daemonPid}),
			keep: (messages) => this.#sift(messages),
			isCongested: () => this.#fates.refuser?.isCongested ?? false,
			onChange: (state) => this.#note(state),
		});
	}

	get fd(): number {
		return this.#options.fd;
	}

	get uniqueName(): string {
		return this.#options.service.uniqueName;
	}

	get stash(): Stash {
		return this.#stash;
	}

	get drainState(): DrainState {
		return this.#drain.state;
	}

	/** The daemon has closed the connection, or has ended. */
	get isHungUp(): boolean {
		return isHungUp(this.#options.fd);
	}

	/** Before anything is touched: sees whether calls could be refused. @throws Fault as `StandInNames.prepare`. */
	prepareToRefuse(): Promise<void> {
		return this.#names.prepare();
	}

	/**
	 * To be asked while the service stands still: sees whether anybody may speak in its place.
	 * @param pids the stopped tree.
	 * @param patienceMs how long the daemon may take to read what the service has written, milliseconds.
	 * @returns why not, if not.
	 */
	async settle(pids: readonly number[], patienceMs: number): Promise<SettleObstacle | undefined> {
		const {fd, inode} = this.#options;
		const state = await outgoingState(fd, inode, pids, patienceMs);
		const obstacle = state !== 'whole' ? state : beginsWithMessage(fd) ? undefined : 'boundary';
		this.#mayWrite = obstacle === undefined;
		return obstacle;
	}

	/**
	 * All that is in the stash now came over a connection that is no more: who called is told by the daemon that no
	 * answer will come, and may have called again, so these calls are not delivered.
	 */
	markStale(): void {
		this.#stale = this.#stash.count;
	}

	stoppedAt(at: number): void {
		this.#options.service.since = at;
	}

	/** The service's process is gone: from now on its messages are kept, or refused. May be called again. */
	async begin(policy: Policy): Promise<void> {
		this.#drain.start();
		await this.follow(policy);
	}

	/** Changes what becomes of calls; does nothing when it is so already. Throws as `refuse` does. */
	async follow(policy: Policy): Promise<void> {
		const isRefusing = this.#fates.refuser !== undefined;
		if (policy === 'refuse' && !isRefusing) await this.refuse();
		if (policy === 'queue' && isRefusing) await this.queue();
	}

	/**
	 * From now on calls are refused. All or nothing.
	 * @throws Fault `cannot-refuse`, `name-not-taken`, `bus-unreachable`: calls wait as before.
	 */
	async refuse(): Promise<void> {
		const {service} = this.#options;
		if (!this.#mayWrite)
			throw new Fault(
				'cannot-refuse',
				{uniqueName: this.uniqueName, reason: 'unproved'},
				{processState: 'frozen'},
			);
		await this.#names.take();
		const refuser = new CallRefuser(this.#writer, service, this.refusals);
		this.#fates.refuser = refuser;
		this.#drain.isEager = true;
		// Those who wait already get their answer, too.
		this.#stash.remove((header) => refuser.refuse(header, Date.now()));
		await this.#writer.flushed(answerLimitMs);
	}

	/**
	 * From now on calls wait: the service owns its names again, without a gap, and nothing of the takeover is left
	 * to be read. @throws Fault `hold-lost`, `daemon-silent`.
	 */
	async queue(): Promise<void> {
		this.#fates.refuser = undefined;
		this.#drain.isEager = false;
		await this.#names.giveBack();
		await this.#readNoise();
	}

	/**
	 * Everything that is restored of the service stands still: gives it back its names and puts what waits into
	 * its socket, in order.
	 * @throws Fault `hold-lost`, `daemon-silent`, `daemon-unstoppable`, `stash-too-large`: then call `begin` again.
	 */
	async handBack(): Promise<PutBackResult> {
		const {daemonPid} = this.#options;
		this.#drain.stop();
		await this.queue();
		this.#putBack = new PutBack({
			reader: this.#reader,
			stash: this.#stash,
			keep: (messages) => this.#sift(messages),
			isWanted: (message, index) => index >= this.#stale || !expectsReply(message),
			...(daemonPid === undefined ? {} : {daemonPid}),
		});
		return this.#putBack.run();
	}

	/** What was handed back comes back to us: the service will not run. Then call `begin` again. */
	async takeBack(): Promise<void> {
		await this.#putBack?.takeBack();
		this.#putBack = undefined;
	}

	/** The service runs: what was stashed is its own. */
	finish(): void {
		this.#putBack?.finish();
		this.close();
	}

	/** Ends our part of it; the stash stays on disk, the socket open. */
	close(): void {
		this.#isOver = true;
		this.#drain.stop();
		this.#names.close();
		this.#reader.close();
		this.#stash.close();
	}

	/**
	 * Reads until the daemon has answered all that we said. What is read meanwhile is stashed, so nothing comes out
	 * of order. (Nothing was said in a stream whose frames cannot be told apart.)
	 */
	async #readNoise(): Promise<void> {
		const end = performance.now() + answerLimitMs;
		while (this.#noise.outstanding > 0 || this.#writer.waiting > 0) {
			if (this.#reader.ended) throw this.#lost();
			if (performance.now() > end)
				throw new Fault('daemon-silent', {uniqueName: this.uniqueName}, {processState: 'frozen'});
			this.#flush();
			const messages = this.#reader.read(true);
			this.#stash.appendAll(this.#sift(messages));
			if (messages.length === 0) await delay(answerLookMs);
		}
	}

	#flush(): void {
		try {
			this.#writer.flush();
		} catch (error) {
			if (error instanceof SystemCallError && error.code === 'EPIPE') throw this.#lost();
			throw error;
		}
	}

	/** What was read and is the service's. From the first on, the stash knows what the images know, too. */
	#sift(messages: HeldMessage[]): HeldMessage[] {
		if (messages.length > 0) this.#stash.markUsed();
		return this.#fates.keep(messages);
	}

	#lost(): Fault {
		return new Fault(
			'hold-lost',
			{checkpoint: this.#options.service.checkpoint, reason: 'daemon-gone'},
			{processState: 'frozen'},
		);
	}

	#note(state: DrainState): void {
		const isFull = state === 'disk-full';
		if (isFull !== this.#isDiskFull && (isFull || state === 'draining' || state === 'watching')) {
			this.#isDiskFull = isFull;
			this.#options.onDisk(isFull ? 'full' : 'room');
		}
		if (state === 'ended' && !this.#isOver) this.#options.onEnded();
	}
}

function expectsReply({bytes, opaque}: HeldMessage): boolean {
	if (opaque) return false;
	const header = new Header().load(bytes, 0, bytes.length);
	return header.type === 'call' && !header.noReply;
}
