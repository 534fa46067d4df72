import {Fault} from '../../common/fault.js';
import {SystemCallError} from '../../kernel/errors.js';
import {BusError, driver} from '../calls.js';
import {accessDenied, nameAnswer, nameFlag} from '../request-name.js';
import type {NoiseFilter} from './noise.js';
import type {StandIn} from './stand-in.js';
import type {HeldWriter} from './writer.js';

/**
 * How long the moves of all names may take before they are undone, milliseconds. A daemon that is alive needs
 * one or two; while the names move, the target stands still.
 */
const moveLimitMs = 1000;

export interface TakeoverOptions {
	/** Speaks in the frozen service's place. */
	writer: HeldWriter;
	noise: NoiseFilter;
	/** The frozen service's unique name. */
	owner: string;
}

/**
 * Moves the well-known names of one held connection to a stand-in and back, so that the daemon itself tells
 * everybody (NameOwnerChanged), and the frozen service keeps its place directly behind the stand-in: it gets
 * the names back without a gap when the stand-in releases them, and also when the stand-in just ends.
 *
 * In the service's place we allow its replacement, the stand-in replaces it, and at once we put its own flags
 * back. Flags of RequestName cannot be read. What can be seen is whether the name could be replaced already:
 * the stand-in tries. That also shows, by who leaves the queue, whether the service had asked not to be queued.
 * It is not tried where others wait for the name (a service with both flags would come back behind them):
 * such a service can no longer be replaced after the thaw, and nothing else is different. A service that
 * cannot be replaced shows no difference between queued and not, so its flags become 0.
 *
 * Nothing is read from the held socket here: what the daemon says to the service meanwhile stays in the
 * socket, and a NoiseFilter tells it from the rest.
 */
export class NameTakeover {
	readonly #writer: HeldWriter;
	readonly #noise: NoiseFilter;
	readonly #owner: string;
	/** The names moved so far, and the flags that the service had. */
	readonly #flags = new Map<string, number>();
	#standIn: StandIn | undefined;

	constructor({writer, noise, owner}: TakeoverOptions) {
		this.#writer = writer;
		this.#noise = noise;
		this.#owner = owner;
	}

	/** The names that are or were with a stand-in and have not been given back. */
	get names(): string[] {
		return [...this.#flags.keys()];
	}

	/**
	 * Moves those of the names that the service owns now; the others (it waits for them, or lost them) stay as
	 * they are. May be called again, with the same stand-in or, if that has ended, with another.
	 * All or nothing: when it throws, everything is as before.
	 * @returns the names that the stand-in owns now.
	 * @throws Fault name-not-taken: `forbidden` by the bus's policy, `timeout`, or `disconnected`.
	 */
	async take(standIn: StandIn, names: readonly string[]): Promise<string[]> {
		if (names.length === 0) return [];
		this.#standIn = standIn;
		this.#say('GetId', [], 'opens');
		this.#noise.expectMoves(names, standIn.uniqueName);
		const deadline = performance.now() + moveLimitMs;
		// All come to their end, well or badly, before anything is undone.
		const moves = await Promise.allSettled(names.map((name) => this.#takeOne(standIn, name, deadline)));
		const failed = moves.findIndex((move) => move.status === 'rejected');
		if (failed >= 0) {
			await this.giveBack();
			throw notTaken(names[failed] ?? '', (moves[failed] as PromiseRejectedResult).reason);
		}
		return names.filter((_, index) => (moves[index] as PromiseFulfilledResult<boolean>).value);
	}

	/**
	 * Gives the names back to the service and puts its flags right. May be called again, or when the stand-in has
	 * ended, or when there was nothing to give: then it does nothing. Afterwards read the held socket until
	 * the filter expects no more noise. A stand-in that the daemon does not answer in time is disconnected,
	 * which gives the names back, too. Never throws: where the daemon is gone, so are the names.
	 */
	async giveBack(): Promise<void> {
		const standIn = this.#standIn;
		if (!standIn) return;
		this.#standIn = undefined;
		try {
			await Promise.all(this.names.map((name) => standIn.releaseName(name)));
		} catch {
			standIn.close();
		}
		const flags = [...this.#flags];
		this.#flags.clear();
		try {
			for (const [name, before] of flags) this.#say('RequestName', [name, before]);
			this.#say('GetId', [], 'closes');
			await this.#writer.flushed(moveLimitMs);
		} catch (error) {
			if (!(error instanceof SystemCallError)) throw error;
		}
	}

	/** @returns false for a name that the service does not own. */
	async #takeOne(standIn: StandIn, name: string, deadline: number): Promise<boolean> {
		const queue = await standIn.queueOf(name);
		if (queue[0] === standIn.uniqueName) return true;
		if (queue[0] !== this.#owner) return false;
		const isFirstTime = !this.#flags.has(name);
		// From here on there is something to undo.
		if (isFirstTime) this.#flags.set(name, 0);
		if (isFirstTime && queue.length === 1 && (await replace(standIn, name))) {
			await this.#keepInQueue(standIn, name, deadline);
			return true;
		}
		this.#say('RequestName', [name, nameFlag.allowReplacement]);
		await this.#until(name, deadline, () => replace(standIn, name));
		this.#say('RequestName', [name, (this.#flags.get(name) ?? 0) & nameFlag.allowReplacement]);
		return true;
	}

	/** The service could be replaced without our help. If it had asked not to be queued, the daemon has dropped it. */
	async #keepInQueue(standIn: StandIn, name: string, deadline: number): Promise<void> {
		this.#flags.set(name, nameFlag.allowReplacement);
		if ((await standIn.queueOf(name)).includes(this.#owner)) return;
		this.#flags.set(name, nameFlag.allowReplacement | nameFlag.doNotQueue);
		this.#say('RequestName', [name, nameFlag.allowReplacement]);
		await this.#until(name, deadline, async () => (await standIn.queueOf(name)).includes(this.#owner));
	}

	/** Asks again until it is so. Each question is a round trip to the daemon, so this is no busy loop. */
	async #until(name: string, deadline: number, isSo: () => Promise<boolean>): Promise<void> {
		while (!(await isSo())) {
			if (performance.now() > deadline) throw new Fault('name-not-taken', {name, reason: 'timeout'});
			this.#writer.flush();
		}
	}

	#say(member: string, body: readonly unknown[], mark?: 'opens' | 'closes'): void {
		const signature = body.length === 0 ? '' : 'su';
		this.#noise.expectReply(this.#writer.send({type: 'call', ...driver, member, signature, body}), mark);
	}
}

/** @returns whether the stand-in owns the name now. It never waits in the queue for it. */
async function replace(standIn: StandIn, name: string): Promise<boolean> {
	const answer = await standIn.requestName(name, nameFlag.replaceExisting | nameFlag.doNotQueue);
	return answer === nameAnswer.owner || answer === nameAnswer.already;
}

function notTaken(name: string, error: unknown): Fault {
	if (error instanceof Fault) return error;
	if (error instanceof SystemCallError)
		return new Fault('name-not-taken', {name, reason: 'disconnected'}, {cause: error});
	if (!(error instanceof BusError)) throw error;
	const reason =
		error.errorName === accessDenied
			? 'forbidden'
			: error.errorName === 'org.freedesktop.DBus.Error.Disconnected'
				? 'disconnected'
				: 'timeout';
	return new Fault('name-not-taken', {name, reason}, {cause: error});
}
