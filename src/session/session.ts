import path from 'node:path';
import type {Checkpoint} from '../checkpoint/folder.js';
import {frozenOn} from '../checkpoint/frozen.js';
import type {Manifest} from '../checkpoint/manifest.js';
import {refuseSecondLife} from '../checkpoint/move/copies.js';
import {numbersOf} from '../checkpoint/numbers.js';
import {rememberedConnections} from '../checkpoint/remembered.js';
import {Fault} from '../common/fault.js';
import type {Moment, Snapshot} from '../context/model.js';
import {type CriuBinary, checkCriu} from '../criu/find.js';
import {ordinaryPlace} from '../criu/place.js';
import {StageGate} from '../criu/stage-gate.js';
import {type BusLocation, withoutGuid} from '../dbus/address.js';
import {Announcer} from '../dbus/announce/announcer.js';
import type {Policy} from '../dbus/held/connection.js';
import type {Waiting, WaitingPage} from '../dbus/held/service.js';
import {unreadBytes} from '../kernel/socket.js';
import {Numbers} from '../process/numbers.js';
import {EventLog} from './event-log.js';
import type {Decision, FreezeResult, SessionEvent, ThawResult} from './events.js';
import {asFault} from './faults.js';
import {freeze} from './freeze.js';
import {type By, Gatekeeper} from './gatekeeper.js';
import {Moments} from './moments.js';
import type {FreezeOptions, ThawFollows, ThawOptions} from './options.js';
import {criuLimit, endHold, type SessionParts, setPolicy, thisKeeper} from './parts.js';
import {adoptedPlace} from './place.js';
import {LaunchedRestore} from './restore.js';
import {thaw} from './thaw.js';
import {giveUpUnit} from './unit.js';
import {WatchedBus} from './watched-bus.js';

/** How often the waiting bytes of a frozen service are looked at, milliseconds. */
const waitingIntervalMs = 250;

/** We are its keeper now; what an operation of the last one left half done is undone or never was. */
function adopt(checkpoint: Checkpoint): Manifest {
	const manifest = checkpoint.readManifest();
	// What the last one held is gone with it.
	const connectionEnded = manifest.connections.length > 0;
	return {...manifest, state: 'frozen', keeper: thisKeeper(), connectionEnded};
}

/** One freeze and, later, its thaw: one operation at a time, any number of readers. */
export class Session {
	readonly #parts: SessionParts;
	readonly #stateDir: string;
	#operation: Promise<unknown> | undefined;
	#givingUp: Promise<void> | undefined;
	#waitingTimer: NodeJS.Timeout | undefined;

	private constructor(parts: SessionParts, stateDir: string) {
		this.#parts = parts;
		this.#stateDir = stateDir;
	}

	/**
	 * Connects to the bus and prepares criu. Nothing of the target is touched. A checkpoint whose keeper has ended
	 * is taken over. Throws `bus-unreachable`; `no-checkpoint`.
	 * @param stateDir where all keepers have their checkpoints.
	 */
	static async open(
		checkpoint: Checkpoint,
		location: BusLocation,
		criu: CriuBinary,
		stateDir: string,
	): Promise<Session> {
		const connect = async (to: BusLocation) => {
			const bus = await WatchedBus.connect(to, (guid) => rememberedConnections(stateDir, guid));
			return {bus, announcer: await Announcer.open(to, () => frozenOn(stateDir, bus.guid))};
		};
		const [connected, criuComplaint] = await Promise.all([connect(location), checkCriu(criu)]);
		const log = new EventLog(checkpoint.journal);
		const manifest = checkpoint.isFresh ? undefined : adopt(checkpoint);
		const parts: SessionParts = {
			checkpoint,
			log,
			moments: new Moments(checkpoint, log),
			gatekeeper: new Gatekeeper(log),
			gates: {
				dump: new StageGate(path.join(checkpoint.gate, 'dump')),
				restore: new StageGate(path.join(checkpoint.gate, 'restore')),
			},
			criu,
			criuComplaint,
			criuLimitSeconds: criuLimit(process.env),
			...connected,
			reopenBus: async (address) => {
				const current = withoutGuid(parts.bus.address);
				const isThere = !address || withoutGuid(address).split(';').includes(current);
				if (parts.bus.isOpen && isThere) return;
				Object.assign(parts, await connect(isThere ? {...location, address: current} : {address}));
			},
			held: [],
			place: checkpoint.isFresh ? ordinaryPlace : adoptedPlace(checkpoint.readSnapshot('before')),
			numbers: manifest ? numbersOf(manifest) : new Numbers(),
			service: undefined,
			unit: undefined,
			manifest,
		};
		if (parts.manifest) parts.checkpoint.writeManifest(parts.manifest);
		return new Session(parts, stateDir);
	}

	/** Called when the frozen process was given up, because systemd has stopped its unit. */
	onGivenUp = () => {};

	/** Something is frozen and depends on this process. */
	get keeps(): boolean {
		const {manifest, held, log} = this.#parts;
		if (manifest?.state !== 'frozen' || log.state.process === 'lost' || manifest.unit?.ended) return false;
		// One that took over and could not reconnect has nothing that the next one would miss.
		return held.length > 0 || manifest.held.length === 0;
	}

	/** Our own unique name on the bus. */
	get busName(): string {
		return this.#parts.bus.uniqueName;
	}

	async freeze(options: FreezeOptions, follow?: ThawFollows): Promise<FreezeResult> {
		if (this.#parts.manifest) throw new Fault('not-now', {why: 'used'});
		const result = await this.#exclusively(() => freeze(this.#parts, options, follow));
		this.#watchWaiting();
		this.#watchUnit();
		return result;
	}

	/** Freezes and thaws at once. If the thaw fails, the target is frozen and can be thawed. */
	async cycle(options: FreezeOptions): Promise<ThawResult> {
		const images = Promise.withResolvers<void>();
		// A freeze that fails early has nobody yet who waits for them.
		images.promise.catch(() => {});
		let launched: LaunchedRestore | undefined;
		const prepare = () => {
			launched = new LaunchedRestore(this.#parts, false, {imagesComplete: images.promise, ...this.#nested()});
		};
		const follow = {onHeld: options.stepping ? () => {} : prepare, onImages: images.resolve};
		try {
			await this.freeze(options, follow);
		} catch (error) {
			images.reject(error);
			await launched?.cancel();
			throw error;
		}
		const {stepping, verifyMemory = false} = options;
		return this.thaw({stepping, leaveStopped: false, verifyMemory}, launched);
	}

	/** Throws `already-thawed` or `not-frozen` when there is nothing to thaw, `moved` or `copy-lives` when it would be a second one. */
	async thaw(options: ThawOptions, launched?: LaunchedRestore): Promise<ThawResult> {
		await this.#givingUp;
		this.#requireFrozen();
		if (!options.force) refuseSecondLife(this.#parts.checkpoint, this.#stateDir);
		const result = await this.#exclusively(() => thaw(this.#parts, options, launched));
		clearInterval(this.#waitingTimer);
		return result;
	}

	/**
	 * Changes what becomes of calls to the frozen service.
	 * @throws Fault `not-frozen`, `not-now`; `cannot-refuse`, `name-not-taken`, `bus-unreachable`: all is as before.
	 */
	async setPolicy(policy: Policy): Promise<void> {
		this.#requireFrozen();
		try {
			await this.#exclusively(() => setPolicy(this.#parts, policy));
		} catch (error) {
			throw Object.assign(asFault(error, 'frozen', this.#parts.checkpoint.dir), {processState: 'frozen'});
		}
	}

	/** `count` of the messages that wait for the frozen service, from `first` on, in the order of delivery. */
	waitingPage(first: number, count: number): WaitingPage {
		return this.#parts.service?.page(first, count) ?? {total: 0, messages: []};
	}

	subscribe(reader: (event: SessionEvent) => void): () => void {
		return this.#parts.log.subscribe(reader);
	}

	decide(decision: Decision): void {
		this.#parts.gatekeeper.decide(decision);
	}

	continueAll(): void {
		this.#parts.gatekeeper.continueAll();
	}

	abandon(by: Exclude<By, 'auto' | 'operator'>): void {
		this.#parts.gatekeeper.abandon(by);
	}

	snapshot(moment: Moment): Snapshot | undefined {
		return this.#parts.moments.read(moment);
	}

	/** Gives the frozen process up: its connections end now. */
	async release(): Promise<void> {
		const {manifest, log} = this.#parts;
		clearInterval(this.#waitingTimer);
		const {unit} = this.#parts;
		this.#parts.unit = undefined;
		endHold(this.#parts);
		await unit?.abandon();
		if (manifest?.state === 'frozen') log.emit({type: 'process', state: 'lost', pid: manifest.target.pid});
	}

	/** Resolves when no operation is under way. */
	async settled(): Promise<void> {
		await this.#operation?.catch(() => {});
	}

	close(): void {
		clearInterval(this.#waitingTimer);
		for (const gate of Object.values(this.#parts.gates)) gate.close();
		this.#parts.announcer.close();
		this.#parts.bus.close();
		this.#parts.log.close();
	}

	/** Of a freeze that a thaw follows at once: there are no images yet. */
	#nested(): {nested?: number[]} {
		const {manifest, moments} = this.#parts;
		if (!manifest?.nested) return {};
		return {
			nested: moments.read('before')?.processes.flatMap(({threads}) => threads.map(({tid}) => tid)) ?? [],
		};
	}

	#requireFrozen(): void {
		const {manifest, checkpoint} = this.#parts;
		const {pid} = manifest?.target ?? {pid: 0};
		if (manifest?.state === 'thawed') throw new Fault('already-thawed', {checkpoint: checkpoint.dir, pid});
		if (manifest?.state === 'frozen') return;
		const reason = manifest?.state === 'left-running' ? 'left-running' : 'never-frozen';
		throw new Fault('not-frozen', {checkpoint: checkpoint.dir, pid, reason});
	}

	async #exclusively<T>(work: () => Promise<T>): Promise<T> {
		if (this.#operation) throw new Fault('not-now', {why: 'busy'});
		const operation = work();
		this.#operation = operation;
		try {
			return await operation;
		} finally {
			this.#operation = undefined;
		}
	}

	/** Whatever is under way when systemd ends our place comes to its own end first. */
	#watchUnit(): void {
		const {unit} = this.#parts;
		unit?.onLost(async () => {
			await this.settled();
			if (this.#parts.unit !== unit) return;
			this.#givingUp = this.#exclusively(() => giveUpUnit(this.#parts)).catch(() => {});
			await this.#givingUp;
			this.onGivenUp();
		});
	}

	#watchWaiting(): void {
		clearInterval(this.#waitingTimer);
		this.#waitingTimer = setInterval(() => {
			const waiting = this.#waitingNow();
			if (waiting) this.#parts.log.emit({type: 'waiting', ...waiting});
		}, waitingIntervalMs);
	}

	/** What waits now, also on sockets that lead to no bus; undefined when nothing has changed. */
	#waitingNow(): Waiting | undefined {
		const {service, held, log} = this.#parts;
		if (!service || this.#operation) return undefined;
		const ofBus = new Set(service.connections.map(({fd}) => fd));
		const others = held.filter(({kind, ourFd}) => kind === 'socket' && !ofBus.has(ourFd));
		const now = service.waiting();
		const bytes = others.reduce((sum, {ourFd}) => sum + unreadBytes(ourFd), now.bytes);
		const {waiting: before} = log.state;
		const isSame = before?.bytes === bytes && before.refused === now.refused && before.drain === now.drain;
		return isSame ? undefined : {...now, bytes};
	}
}
