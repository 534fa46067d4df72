import type {MoveProgress} from '../../checkpoint/move/progress.js';
import type {FaultData} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import {faultOf} from '../fault-text.js';
import type {Job} from '../state/checkpoints.js';
import type {Store} from '../store.js';
import type {Work} from './feed.js';

/** Between two drawings of the progress, milliseconds. */
const drawEveryMs = 100;

/** Packing and sending go on behind the screen: one job at a time, which can be interrupted. */
export class Jobs {
	#stopper: AbortController | undefined;
	#running: Promise<void> = Promise.resolve();

	constructor(private readonly store: Store) {}

	/**
	 * Begins a job; a second one at the same time is a mistake of the caller.
	 * @param onFault told of what goes wrong by itself.
	 */
	start(
		job: Pick<Job, 'kind' | 'name' | 'title' | 'to'>,
		run: (work: Work) => Promise<string[]>,
		onFault: (fault: FaultData) => void,
	): void {
		const stopper = new AbortController();
		this.#stopper = stopper;
		this.store.dispatch({type: 'outcome', outcome: undefined});
		this.store.dispatch({type: 'job', job: {...job, perSecond: 0, stopping: false}});
		const work = {signal: stopper.signal, onProgress: this.#reporter()};
		this.#running = run(work)
			.then(
				(lines) => () => this.store.dispatch({type: 'outcome', outcome: {lines, tone: 'good'}}),
				(error: unknown) => () => this.#failed(job.kind, faultOf(error), onFault),
			)
			.then((tell) => {
				this.#stopper = undefined;
				this.store.dispatch({type: 'job', job: undefined});
				tell();
			});
	}

	/** Asks for the end of the job; it cleans up behind itself first. */
	interrupt(): void {
		const {job} = this.store.get().checkpoints;
		if (!job || !this.#stopper) return;
		this.store.dispatch({type: 'job', job: {...job, stopping: true}});
		this.#stopper.abort();
	}

	/** Interrupts whatever goes on, and waits until nothing of it is left. */
	async end(): Promise<void> {
		this.#stopper?.abort();
		await this.#running;
	}

	#failed(kind: Job['kind'], fault: FaultData, onFault: (fault: FaultData) => void): void {
		if (fault.code !== 'aborted') {
			onFault(fault);
			return;
		}
		const lines = [messages().screen.checkpoints.job.interrupted[kind]];
		this.store.dispatch({type: 'outcome', outcome: {lines, tone: 'plain'}});
	}

	#reporter(): (progress: MoveProgress) => void {
		let next = 0;
		let began = {phase: '', at: 0, done: 0};
		return (progress) => {
			const now = performance.now();
			const isNew = progress.phase !== began.phase;
			if (isNew) began = {phase: progress.phase, at: now, done: progress.done};
			if (!isNew && now < next && progress.done < progress.total) return;
			next = now + drawEveryMs;
			const {job} = this.store.get().checkpoints;
			if (!job) return;
			const perSecond = now > began.at ? ((progress.done - began.done) / (now - began.at)) * 1000 : 0;
			this.store.dispatch({type: 'job', job: {...job, progress, perSecond}});
		};
	}
}
