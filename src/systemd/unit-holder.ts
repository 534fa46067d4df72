import {spawn} from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import type {Duplex} from 'node:stream';
import {Fault} from '../common/fault.js';

const program = path.resolve(import.meta.dirname, '../../data/unit-holder.pl');

/** How far the freeze is, which decides what the holder does when it is left alone. */
export type HolderState = 'freezing' | 'frozen' | 'thawing' | 'running';

export interface HolderOptions {
	unit: string;
	/** Folder of the cgroup to enter. */
	cgroup: string;
	/** The process whose place it takes, and its start time (`startTime()`). */
	pid: number;
	startTime: string;
	/** Between two signs of life, milliseconds; 0: systemd does not ask for any. */
	watchdogMs: number;
	/** The file by which the unit is changed meanwhile. */
	dropIn: string | undefined;
	/** Signals, without `SIG`, that mean the frozen process and end nothing; and those by which systemd ends the unit. */
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
	readonly #channel: Duplex;
	readonly #ended = Promise.withResolvers<void>();
	#isLost = false;
	#onLost: (() => void) | undefined;

	private constructor(channel: Duplex) {
		this.#channel = channel;
		// That it has ended is told by the end of the channel.
		channel.on('error', () => {});
	}

	/** Resolves when it is in the cgroup. Throws `unit-refused`. */
	static async start(options: HolderOptions): Promise<UnitHolder> {
		const {unit, cgroup, pid, startTime, watchdogMs, dropIn = '-', signals, endSignals} = options;
		const args = [unit, cgroup, pid, startTime, watchdogMs, dropIn, signals.join(), endSignals.join()];
		// Not on descriptors 0 to 2, which Node closes when the child ends that the holder leaves behind.
		const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] as const;
		const child = spawn('perl', [program, ...args.map(String)], {stdio: [...stdio]});
		const holder = new UnitHolder(child.stdio[3] as Duplex);
		const reason = await new Promise<string | undefined>((resolve) => {
			child.on('error', (error) => resolve(error.message));
			holder.#listen(resolve);
		});
		if (reason !== undefined) throw new Fault('unit-refused', {unit, reason});
		return holder;
	}

	get pid(): number {
		return this.#pid;
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

	say(state: HolderState): void {
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

	#listen(settle: (reason: string | undefined) => void): void {
		const lines = readline.createInterface({input: this.#channel});
		lines.on('line', (line) => {
			const [word, ...rest] = line.split(' ');
			const text = rest.join(' ');
			if (word === 'ready') {
				this.#pid = Number(text);
				settle(undefined);
			} else if (word === 'failed') settle(text);
			else if (word === 'signal') this.signals.push(text);
			else if (word === 'stopping') this.#lose();
		});
		lines.on('close', () => {
			settle('ended');
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
