import {type CriuOutcome, type CriuRun, restore} from '../criu/run.js';
import type {StageHandler, StageNotice} from '../criu/stage-gate.js';
import {nestedProcesses} from '../process/pid-namespace.js';
import {criuJob, type SessionParts} from './parts.js';
import {learnNumbers, nestLabel} from './pid-namespace.js';
import {nestedPlace} from './place.js';

export interface RestoreOptions {
	/** When there is something to restore; by default there is already. */
	imagesComplete?: Promise<void>;
	anyCpu?: boolean;
	/** Restore into a pid namespace of its own, in which these numbers must be free. */
	nested?: readonly number[];
}

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

	constructor(
		parts: SessionParts,
		leaveStopped: boolean,
		{imagesComplete, anyCpu = false, nested}: RestoreOptions = {},
	) {
		const handler = new Promise<StageHandler | undefined>((resolve) => {
			this.#letIn = resolve;
		});
		const {unit, manifest, checkpoint} = parts;
		const label = manifest ? nestLabel(checkpoint, manifest) : '';
		const place = nested ? nestedPlace(parts.place, label, nested) : parts.place;
		this.run = {
			criu: parts.criu.path,
			job: {...criuJob(parts, 'restore'), anyCpu},
			place: unit ? {...place, cgroups: [unit.cgroup]} : place,
			gate: parts.gates.restore,
			limitSeconds: parts.criuLimitSeconds,
			restored: () => (nested ? nestedProcesses(label) : (manifest?.target.pids ?? [])),
			onEnd: () => parts.gatekeeper.forget(),
			...(imagesComplete ? {startWhen: imagesComplete} : {}),
			onStage: async (notice) => {
				const decide = await handler;
				learnNumbers(parts, nested !== undefined);
				// criu names what it makes as it is called in the images.
				return this.#atStage({...notice, pid: parts.numbers.here(notice.pid)}, decide);
			},
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
