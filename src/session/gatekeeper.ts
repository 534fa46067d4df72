import {Fault} from '../common/fault.js';
import type {EventLog} from './event-log.js';
import type {Decision, Operation, StageTime} from './events.js';

export interface Stage {
	operation: Operation;
	stage: string;
	abortable: boolean;
	commitPoint: boolean;
}

/**
 * Stands at every stage: tells that it was reached, waits for a decision when somebody steps by hand, and
 * measures each stage's work without the time people take to decide.
 */
export class Gatekeeper {
	/** True: ask at each stage. False: continue at once. */
	stepping = false;
	readonly #log: EventLog;
	#lapStart = performance.now();
	#times: StageTime[] = [];
	#waiting: {stage: Stage; answer: (decision: Decision, by: By) => void} | undefined;
	/** A front end that went away, or Ctrl-C, between two stages: the next abortable one aborts. */
	#abortNext: By | undefined;

	constructor(log: EventLog) {
		this.#log = log;
	}

	/** Starts an operation: the clock and the list of its stages begin anew. */
	begin(stepping: boolean): void {
		this.stepping = stepping;
		this.#lapStart = performance.now();
		this.#times = [];
		this.#abortNext = undefined;
	}

	/** The stages so far with their times. */
	get times(): StageTime[] {
		return this.#times;
	}

	/** Reports the stage and waits until it may be left. At one that is not abortable the answer is `continue`. */
	async pass(stage: Stage): Promise<Decision> {
		const ms = performance.now() - this.#lapStart;
		this.#times.push({name: stage.stage, ms});
		const early = stage.abortable ? this.#abortNext : undefined;
		const gate = this.stepping && !early;
		this.#log.emit({type: 'stage-reached', ...stage, ms, gate});
		const {decision, by} = early
			? {decision: 'abort' as const, by: early}
			: gate
				? await this.#ask(stage)
				: {decision: 'continue' as const, by: 'auto' as const};
		const {operation, stage: name} = stage;
		if (gate || decision === 'abort') {
			this.abortedBy = decision === 'abort' && by !== 'auto' ? by : undefined;
			this.#log.emit({type: 'stage-decided', operation, stage: name, decision, by});
		}
		this.#lapStart = performance.now();
		return decision;
	}

	/** Who aborted, after `pass` answered `abort`; undefined: nobody, what stood there had ended. */
	abortedBy: By | undefined;

	/** Throws `not-now` when nobody waits for a decision, or when aborting has no effect here. */
	decide(decision: Decision): void {
		if (!this.#waiting) throw new Fault('not-now', {why: 'no-gate'});
		const {stage, answer} = this.#waiting;
		if (decision === 'abort' && !stage.abortable)
			throw new Fault('not-now', {why: 'not-abortable', stage: stage.stage});
		answer(decision, 'operator');
	}

	continueAll(): void {
		this.stepping = false;
		this.#waiting?.answer('continue', 'operator');
	}

	/**
	 * Nobody is there to decide any more. What can still be undone is undone; at a stage that cannot be
	 * aborted the work goes on.
	 */
	abandon(by: 'front-end-lost' | 'signal'): void {
		this.#abortNext = by;
		this.stepping = false;
		if (!this.#waiting) return;
		const {stage, answer} = this.#waiting;
		answer(stage.abortable ? 'abort' : 'continue', by);
	}

	/** What stood at the stage has ended, so there is nothing to decide any more. */
	forget(): void {
		this.#waiting?.answer('abort', 'auto');
	}

	#ask(stage: Stage): Promise<{decision: Decision; by: By}> {
		return new Promise((resolve) => {
			this.#waiting = {
				stage,
				answer: (decision, by) => {
					this.#waiting = undefined;
					resolve({decision, by});
				},
			};
		});
	}
}

export type By = 'auto' | 'operator' | 'front-end-lost' | 'signal';
