import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import type {Checkpoint} from '../src/checkpoint/folder.js';
import type {Standing} from '../src/checkpoint/standing.js';
import type {CommandContext} from '../src/cli/context.js';
import type {Fault as FaultType} from '../src/common/fault.js';
import {readStat} from '../src/kernel/proc-stat.js';
import {busSocketsOf, instances, strays} from '../test/support/survival.js';
import {commandContext} from './context.js';
import {type Phase, type Plan, planOf, strike} from './faults.js';
import {
	begin,
	CheckpointStore,
	connectToFrozen,
	Fault,
	isKept,
	KeeperClient,
	keeperIn,
	leftBehind,
	pidHere,
	repair,
	standingOf,
	takeOver,
} from './program.js';
import {Random} from './random.js';
import type {World} from './world.js';

export interface RoundResult {
	plan: Plan;
	/** The fault hit something. */
	hit: boolean;
	/** What became of the service. */
	outcome: string;
	/** What ended a service that is lost. */
	signal?: string;
	/** What must never be; none is good. */
	problems: string[];
	/** The bus cannot be used any more. */
	worldIsOver: boolean;
}

/** An operation, or what comes after it, takes no longer, milliseconds; a hung criu is ended after two seconds. */
const limitMs = 40_000;

const noReply = 'org.freedesktop.DBus.Error.NoReply';

/** What may become of a service, by the fault that hit; it may always run, or be frozen and thawed. */
const allowed: Partial<Record<Plan['fault'], readonly string[]>> = {
	'keeper killed': ['keeper-gone', 'lost'],
	'criu killed': ['lost'],
	'criu hangs': ['lost'],
	'daemon killed': ['connection-gone', 'keeper-gone', 'lost'],
	'daemon restarted': ['connection-gone', 'keeper-gone', 'lost'],
};

/** Reaping and a slow disk are what it waits for, milliseconds. */
const busyLimitMs = 15_000;

/** One service frozen and thawed once, one fault, and all that must hold afterwards. */
export async function playRound(world: World, seed: number): Promise<RoundResult> {
	const round = new Round(world, planOf(new Random(seed)));
	return round.play();
}

type Client = Awaited<ReturnType<typeof KeeperClient.connect>>;

class Round {
	readonly #world: World;
	readonly #plan: Plan;
	#problems: string[] = [];
	#hit = false;
	#checkpoint: Checkpoint | undefined;
	#keeperPid = 0;
	#isReconnected = false;
	readonly #held: readonly number[];

	constructor(world: World, plan: Plan) {
		this.#world = world;
		this.#plan = plan;
		this.#held = busSocketsOf(world.pid, world.bus.pid);
	}

	async play(): Promise<RoundResult> {
		const {caller} = this.#world;
		await caller.begin();
		let outcome = 'untouched';
		try {
			outcome = await within(this.#operate(), 'the operations');
			const manifest = this.#manifest();
			if (manifest && standingOf(manifest) === 'thawed') this.#world.pid = pidHere(manifest);
			this.#world.emptyDisk();
			await this.#check(outcome);
		} catch (error) {
			this.#problems.push(`unexpected: ${(error as Error).stack}`);
		} finally {
			this.#world.emptyDisk();
		}
		const {fault} = this.#plan;
		const signal = outcome === 'lost' ? {signal: this.#world.signal} : {};
		const worldIsOver = this.#problems.length > 0 || (this.#hit && fault.startsWith('daemon'));
		if (!worldIsOver) await this.#cleanUp(outcome);
		return {plan: this.#plan, hit: this.#hit, outcome, ...signal, problems: this.#problems, worldIsOver};
	}

	async #operate(): Promise<string> {
		const {operation, phase, policy, switches, nested} = this.#plan;
		const begun = await begin(this.#context(), this.#world.service.name, {
			stepping: false,
			portable: false,
			leaveRunning: false,
			policy,
		} as Parameters<typeof begin>[2]);
		const {client, checkpoint, options} = begun;
		this.#checkpoint = checkpoint;
		this.#keeperPid = keeperIn(checkpoint) ?? 0;
		const work = operation === 'cycle' ? () => client.cycle(options) : () => client.freeze(options);
		await this.#phase('freeze', work, () => client.close());
		client.close();
		let standing = await this.#settled();
		if (standing === 'frozen' && phase === 'frozen') {
			await this.#phase(
				'frozen',
				() => delay(200),
				() => {},
			);
			standing = await this.#settled();
		}
		if (standing === 'frozen' && switches) {
			await this.#attach(async (keeper) => keeper.setPolicy(policy === 'queue' ? 'refuse' : 'queue')).catch(
				// A service that was busy when it stood still cannot be refused for; and that is said.
				(error: unknown) => this.#claims(error),
			);
			standing = await this.#settled();
		}
		let wasFrozen = standing === 'frozen';
		for (let thaws = 0; standing === 'frozen' && thaws < 3; thaws++) {
			if (thaws > 0) this.#world.emptyDisk();
			const keeper = (await connectToFrozen(checkpoint)).client;
			const thaw = () =>
				whenFree(() => keeper.thaw({stepping: false, leaveStopped: false, pidNamespace: nested} as never));
			await this.#phase('thaw', thaw, () => keeper.close());
			keeper.close();
			standing = await this.#settled();
		}
		if (standing === 'keeper-gone' || standing === 'connection-gone')
			standing = await this.#reconnect(standing);
		wasFrozen &&= operation !== 'cycle';
		if (standing === 'thawed' && this.#isReconnected) return 'reconnected';
		if (standing === 'thawed') return wasFrozen ? 'frozen, thawed' : 'cycled';
		return standing;
	}

	/** Where a bus is, a new connection can be made in the place of the one that is gone. */
	async #reconnect(standing: Standing): Promise<Standing | 'none'> {
		const checkpoint = this.#checkpoint;
		if (!checkpoint || this.#plan.fault === 'daemon killed') return standing;
		this.#world.emptyDisk();
		await repair(checkpoint);
		this.#isReconnected = true;
		const {client} = await takeOver(this.#context(), checkpoint);
		this.#keeperPid = keeperIn(checkpoint) ?? 0;
		try {
			const {nested: pidNamespace} = this.#plan;
			await client.thaw({stepping: false, leaveStopped: false, reconnect: true, pidNamespace} as never);
		} catch (error) {
			this.#problems.push(`no new connection: ${(error as Error).message}`);
		} finally {
			client.close();
		}
		return this.#settled();
	}

	/** Runs a phase, with the fault if it is this one's, and compares what is said with what is. */
	async #phase(phase: Phase, work: () => Promise<unknown>, leave: () => void): Promise<void> {
		let isOver = false;
		let left = false;
		const world = this.#world;
		const strikes = async () => {
			if (this.#plan.phase !== phase || this.#hit) return;
			const checkpoint = this.#checkpoint?.dir ?? '';
			this.#hit = await strike(this.#plan, {
				world,
				checkpoint,
				keeperPid: this.#keeperPid,
				held: this.#held,
				leave: () => {
					left = true;
					leave();
				},
				isOver: () => isOver,
			});
		};
		const working = work()
			.then(
				() => undefined,
				(error: unknown) => error,
			)
			.finally(() => {
				isOver = true;
			});
		const [error] = await Promise.all([working, strikes()]);
		// On a full disk it is not written down before the keeper has ended.
		if (error) leave();
		if (error && !left) await this.#claims(error);
	}

	/** What the program says of the process must be so. */
	async #claims(error: unknown): Promise<void> {
		if (!(error instanceof Fault)) throw error;
		const fault: FaultType = error;
		const standing = await this.#settled();
		const truth =
			standing === 'lost' ? 'lost' : isGone(standing) || standing === 'frozen' ? 'frozen' : 'running';
		const {processState, code} = fault;
		const isTrue = processState === truth || (processState === 'untouched' && truth === 'running');
		// Whoever is told at once that the keeper is busy learns nothing of the process.
		if (!isTrue && code !== 'not-now')
			this.#problems.push(`it says ${code} and ${processState}, but it is ${standing}: ${fault.message}`);
		if (code === 'internal') this.#problems.push(`internal: ${fault.message}`);
		if (this.#plan.fault === 'none' && code !== 'cannot-refuse')
			this.#problems.push(`no fault, and yet ${fault.message}`);
	}

	/** Where the checkpoint stands when nothing is under way any more. */
	async #settled(): Promise<Standing | 'none'> {
		const end = performance.now() + limitMs;
		for (;;) {
			const manifest = this.#manifest();
			if (!manifest) return 'none';
			const standing = standingOf(manifest);
			const isUnderWay = isKept(manifest) && (standing === 'freezing' || standing === 'thawing');
			const criuIsAtWork = !isKept(manifest) && this.#strays().some((stray) => stray.startsWith('left'));
			if (!isUnderWay && !criuIsAtWork) return standing;
			if (criuIsAtWork && this.#checkpoint) await repair(this.#checkpoint);
			if (performance.now() > end) throw new Error(`it never settles: ${standing}`);
			await delay(10);
		}
	}

	#manifest() {
		try {
			return this.#checkpoint?.readManifest();
		} catch {
			return undefined;
		}
	}

	#strays(): string[] {
		return strays(this.#checkpoint?.dir ?? '/nowhere', [this.#world.pid], this.#world.bus.pid);
	}

	async #check(outcome: string): Promise<void> {
		const {caller, service, bus} = this.#world;
		const {fault} = this.#plan;
		const daemonIsGone = this.#hit && fault.startsWith('daemon');
		if (isGone(outcome) && !(this.#hit && allowed[fault]?.includes(outcome)))
			this.#problems.push(`${fault} must not end in ${outcome}`);
		if (outcome === 'frozen') this.#problems.push('it cannot be thawed');
		await this.#endKeeper(outcome);
		const checkpoint = this.#checkpoint;
		if (checkpoint && fs.existsSync(checkpoint.dir)) {
			await repair(checkpoint);
			const manifest = this.#manifest();
			const left = manifest ? leftBehind(checkpoint, manifest) : [];
			if (left.length > 0) this.#problems.push(`not repaired: ${left.join(', ')}`);
		}
		const there = instances(service, bus.dir);
		const isWrong = isGone(outcome) ? there.length > 0 : !daemonIsGone && there.length !== 1;
		if (isWrong) this.#problems.push(`${outcome}, and ${there.length} instances run: ${there.join(', ')}`);
		if (!daemonIsGone) this.#problems.push(...this.#strays());
		else this.#problems.push(...this.#strays().filter((stray) => !stray.includes(`stopped: ${bus.pid}`)));
		if (daemonIsGone) return;
		await within(caller.pause(), 'the last call');
		this.#problems.push(...caller.problems);
		if (isGone(outcome)) {
			if ((await caller.owner()) !== undefined) this.#problems.push('somebody has the name of what is gone');
			return;
		}
		if (this.#isReconnected) {
			// What was called while nobody was there is lost, and its callers were told; nothing may come twice.
			const value = await caller.value();
			const most = caller.expected + caller.doubts.length;
			if (value > most) this.#problems.push(`its value is ${value}, more than ${most}`);
			return;
		}
		// A call that a stand-in has and did not answer when it was cut off: its caller hears that from the daemon.
		const mayDoubt = fault.endsWith('cut off') ? [noReply] : [];
		const doubts = new Set(caller.doubts.filter((name) => !mayDoubt.includes(name)));
		if (doubts.size > 0) this.#problems.push(`calls ended with ${[...doubts].join(', ')}`);
		const value = await caller.value();
		if (value !== caller.expected) this.#problems.push(`its value is ${value}, not ${caller.expected}`);
		if (this.#plan.policy === 'queue' && !this.#plan.switches && caller.refused > 0)
			this.#problems.push(`${caller.refused} calls were refused`);
	}

	/** It ends by itself when nothing is frozen; what has no connection any more is given up. */
	async #endKeeper(outcome: string): Promise<void> {
		const checkpoint = this.#checkpoint;
		if (!checkpoint) return;
		const isThere = () => /^[^ZX]$/.test(readStat(this.#keeperPid)?.state ?? 'X');
		if (outcome === 'connection-gone' && isThere()) {
			const client = await KeeperClient.connect(checkpoint.dir);
			await client.release().finally(() => client.close());
		}
		const end = performance.now() + 10_000;
		while (isThere() && performance.now() < end) await delay(10);
		if (isThere()) this.#problems.push('its keeper stays');
	}

	async #cleanUp(outcome: string): Promise<void> {
		const store = new CheckpointStore(this.#world.stateDir);
		for (const stored of store.list()) store.remove(stored);
		if (isGone(outcome)) await this.#world.startAgain();
	}

	async #attach(work: (client: Client) => Promise<void>): Promise<void> {
		if (!this.#checkpoint) return;
		const {client} = await connectToFrozen(this.#checkpoint);
		await work(client).finally(() => client.close());
	}

	#context(): CommandContext {
		return commandContext(this.#world.bus, this.#world.stateDir);
	}
}

function isGone(outcome: string): boolean {
	return ['keeper-gone', 'connection-gone', 'lost'].includes(outcome);
}

async function within<Result>(work: Promise<Result>, what: string): Promise<Result> {
	const over = new AbortController();
	const limit = delay(2 * limitMs, undefined, {signal: over.signal}).then(() => {
		throw new Error(`${what} never came to an end`);
	});
	limit.catch(() => {});
	try {
		return await Promise.race([work, limit]);
	} finally {
		over.abort();
	}
}

/** A freeze whose front end went away past the commit point goes on for a while; until then the keeper is busy. */
async function whenFree<T>(work: () => Promise<T>): Promise<T> {
	const end = performance.now() + busyLimitMs;
	for (;;) {
		try {
			return await work();
		} catch (error) {
			const isBusy = error instanceof Fault && error.code === 'not-now';
			if (!isBusy || performance.now() > end) throw error;
			await delay(20);
		}
	}
}
