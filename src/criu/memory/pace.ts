import {setImmediate} from 'node:timers/promises';

/** How long work may go on before others have their turn, and how often progress is told; milliseconds. */
const turnMs = 4;
const tellEveryMs = 250;

/** Told how far a long work is, in bytes. */
export type Progress = (done: number, total: number) => void;

/** Long work on the event loop in short turns. */
export class Pace {
	readonly #total: number;
	readonly #onProgress: Progress;
	#done = 0;
	#turnEnds = performance.now() + turnMs;
	#tellAt = performance.now() + tellEveryMs;

	constructor(total: number, onProgress: Progress) {
		this.#total = total;
		this.#onProgress = onProgress;
	}

	/** So many bytes more are done. Resolves when work may go on; nothing to wait for as long as the turn lasts. */
	advance(bytes: number): Promise<void> | undefined {
		this.#done += bytes;
		const now = performance.now();
		if (now < this.#turnEnds) return undefined;
		if (now >= this.#tellAt) {
			this.#onProgress(this.#done, this.#total);
			this.#tellAt = now + tellEveryMs;
		}
		return this.#nextTurn();
	}

	async #nextTurn(): Promise<void> {
		await setImmediate();
		this.#turnEnds = performance.now() + turnMs;
	}
}
