import {type CriuOutcome, type CriuRun, restore} from '../criu/run.js';
import type {StageHandler, StageNotice} from '../criu/stage-gate.js';
import {criuJob, type SessionParts} from './parts.js';

/**
 * A criu restore that is started early and stands at its first stage until it is let in. Starting takes criu
 * most of its time and touches nothing, so it is done while the dump is ending and the killed processes are
 * still being reaped.
 */
export class LaunchedRestore {
	readonly run: CriuRun;
	/** What a stage's handler threw; criu itself only sees an abort. */
	stageError: unknown;
	readonly #outcome: Promise<CriuOutcome>;
	#letIn: (handler: StageHandler | undefined) => void = () => {};

	/** @param imagesComplete when there is something to restore; by default there is already. */
	constructor(
		parts: SessionParts,
		leaveStopped: boolean,
		{imagesComplete, anyCpu = false}: {imagesComplete?: Promise<void>; anyCpu?: boolean} = {},
	) {
		const handler = new Promise<StageHandler | undefined>((resolve) => {
			this.#letIn = resolve;
		});
		this.run = {
			criu: parts.criu.path,
			job: {...criuJob(parts, 'restore'), anyCpu},
			place: parts.place,
			gate: parts.gates.restore,
			limitSeconds: parts.criuLimitSeconds,
			restored: parts.manifest?.target.pids ?? [],
			onEnd: () => parts.gatekeeper.forget(),
			...(imagesComplete ? {startWhen: imagesComplete} : {}),
			onStage: async (notice) => this.#atStage(notice, await handler),
		};
		this.#outcome = restore(leaveStopped, this.run);
	}

	/** Lets it work, with a say at every stage. Never throws for criu's own failures. */
	proceed(handler: StageHandler): Promise<CriuOutcome> {
		this.#letIn(handler);
		return this.#outcome;
	}

	/** Ends it before it has done anything. */
	async cancel(): Promise<void> {
		this.#letIn(undefined);
		await this.#outcome;
	}

	async #atStage(notice: StageNotice, handler: StageHandler | undefined): Promise<'continue' | 'abort'> {
		try {
			return handler ? await handler(notice) : 'abort';
		} catch (error) {
			this.stageError = error;
			return 'abort';
		}
	}
}
