import {escapeText} from '../../common/escape.js';

/** The error that every call to a frozen service gets when its policy is `refuse`. */
export const frozenErrorName = 'io.github.dbusfreeze.Error.Frozen';

/** Who is frozen, as callers are told. */
export interface FrozenService {
	/** The well-known names it owned. */
	names: readonly string[];
	uniqueName: string;
	pid: number;
	comm: string;
	/** What to thaw it by: the checkpoint's name or folder. */
	checkpoint: string;
	/** Milliseconds since the epoch. */
	since: number;
}

/** One call that was refused. Texts are as the caller sent them: escape before printing. */
export interface Refusal {
	/** Milliseconds since the epoch. */
	at: number;
	sender: string;
	/** As the caller addressed it: a well-known name or the unique one. */
	destination: string;
	path: string;
	interface: string;
	member: string;
	/** The caller wanted no reply and got none. */
	noReply: boolean;
}

/** The error's text. English, as messages on a bus are by custom: it goes to other programs and their logs. */
export function refusalText({names, uniqueName, pid, comm, checkpoint, since}: FrozenService): string {
	const name = names[0] ?? uniqueName;
	const program = `${escapeText(comm)}, pid ${pid}`;
	return `${name} (${program}) is frozen since ${new Date(since).toISOString()}, checkpoint ${escapeText(checkpoint)}`;
}

/** Refusals that are remembered one by one; of older ones only the number. */
const mostRemembered = 256;

/** What was refused while a service is frozen, by name and by unique name alike. */
export class RefusalLog {
	#count = 0;
	readonly #recent: Refusal[] = [];

	/** All refusals so far. */
	get count(): number {
		return this.#count;
	}

	/** The last ones, oldest first. */
	get recent(): readonly Refusal[] {
		return this.#recent;
	}

	add(refusal: Refusal): void {
		this.#count++;
		this.#recent.push(refusal);
		if (this.#recent.length > mostRemembered) this.#recent.shift();
	}
}
