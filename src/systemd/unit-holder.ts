import {spawn} from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import type {Duplex} from 'node:stream';
import {Fault} from '../common/fault.js';

const program = path.resolve(import.meta.dirname, '../../data/unit-holder.pl');

/** How far the freeze is, which decides what the holder does when it is left alone. */
export type HolderState = 'starting' | 'freezing' | 'frozen' | 'thawing' | 'running';

export interface HolderOptions {
	unit: string;
	/** The process whose place it takes, and its start time (`startTime()`). */
	pid: number;
	startTime: string;
	/** What systemd is told again and again, and the time between, milliseconds; 0: it does not ask for it. */
	sign: string;
	intervalMs: number;
	/** The file by which the unit may be changed meanwhile. */
	dropIn: string;
	/** Names of signals, without `SIG`, that mean the frozen process and end nothing; and those by which systemd ends the unit. */
	signals: readonly string[];
	endSignals: readonly string[];
}

/**
 * A small process in a unit's cgroup that is its main process while the real one is frozen. systemd is its parent.
 * When this process ends, it puts the unit right by itself: see `data/unit-holder.pl`.
 */
export class UnitHolder {
	/** Signals that it got in the frozen process's place, in order. */
	readonly signals: string[] = [];
	#pid = 0;
	readonly #unit: string;
	readonly #channel: Duplex;
	#answer: ((problem: string | undefined) => void) | undefined;
	#endSignal: NodeJS.Signals | undefined;
	readonly #ended = Promise.withResolvers<void>();
	#isLost = false;
	#onLost: (() => void) | undefined;

	private constructor(channel: Duplex, unit: string) {
		this.#channel = channel;
		this.#unit = unit;
		// That it has ended is told by the end of the channel.
		channel.on('error', () => {});
		this.#listen();
	}

	/** Starts one, not yet in the unit's cgroup: it is there before anything is changed. Throws `unit-refused`. */
	static async start(options: HolderOptions): Promise<UnitHolder> {
		const {unit, pid, startTime, sign, intervalMs, dropIn, signals, endSignals} = options;
		const args = [unit, pid, startTime, intervalMs, sign, dropIn, signals.join(), endSignals.join()];
		// Not on descriptors 0 to 2, which Node closes when the child ends that the holder leaves behind.
		const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] as const;
		const child = spawn('perl', [program, ...args.map(String)], {stdio: [...stdio]});
		const holder = new UnitHolder(child.stdio[3] as Duplex, unit);
		child.on('error', (error) => holder.#answer?.(error.message));
		await holder.#answered();
		return holder;
	}

	/** Moves it into the cgroup with this folder. Throws `unit-refused`. */
	async enter(cgroup: string): Promise<void> {
		this.#channel.write(`enter ${cgroup}\n`);
		await this.#answered();
	}

	get pid(): number {
		return this.#pid;
	}

	/** By which systemd wants to end it, and the process whose place it has. */
	get endSignal(): NodeJS.Signals | undefined {
		return this.#endSignal;
	}

	/** It has ended without us, or is about to. */
	get isLost(): boolean {
		return this.#isLost;
	}

	/**
	 * Calls `listener` when somebody else ends it, at once if that has happened. To a signal by which systemd ends the
	 * unit it waits a moment for `end`.
	 */
	onLost(listener: () => void): void {
		this.#onLost = listener;
		if (this.#isLost) listener();
	}

	/** @param pid the process that it has the place of, where that has become another number. */
	say(state: HolderState, pid?: number): void {
		if (pid !== undefined) this.#channel.write(`process ${pid}\n`);
		this.#channel.write(`${state}\n`);
	}

	/** It is no main process any more, or shall be none. Resolves when it has ended. */
	end(): Promise<void> {
		return this.#leave('end\n');
	}

	/** Leaves it alone: it does what it does when this process ends. Resolves when it has ended. */
	abandon(): Promise<void> {
		return this.#leave('');
	}

	#leave(word: string): Promise<void> {
		this.#onLost = undefined;
		this.#channel.end(word);
		return this.#ended.promise;
	}

	async #answered(): Promise<void> {
		const reason = this.#isLost
			? 'ended'
			: await new Promise<string | undefined>((resolve) => {
					this.#answer = resolve;
				});
		this.#answer = undefined;
		if (reason !== undefined) throw new Fault('unit-refused', {unit: this.#unit, reason});
	}

	#listen(): void {
		const lines = readline.createInterface({input: this.#channel});
		lines.on('line', (line) => {
			const [word, ...rest] = line.split(' ');
			const text = rest.join(' ');
			if (word === 'pid') this.#pid = Number(text);
			if (word === 'pid' || word === 'ready') this.#answer?.(undefined);
			else if (word === 'failed') this.#answer?.(text);
			else if (word === 'signal') this.signals.push(text);
			else if (word === 'stopping') {
				this.#endSignal = `SIG${text}` as NodeJS.Signals;
				this.#lose();
			}
		});
		lines.on('close', () => {
			this.#answer?.('ended');
			this.#ended.resolve();
			this.#lose();
		});
	}

	#lose(): void {
		if (this.#isLost) return;
		this.#isLost = true;
		this.#onLost?.();
	}
}
