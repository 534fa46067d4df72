/** A method call to a surveyed service. */
export interface Call {
	path: string;
	interface: string;
	member: string;
	signature?: string;
	body?: readonly unknown[];
}

/** How to make a service emit a signal, where it can be made to. */
export interface Emission {
	/** Of the signal that must come. */
	interface: string;
	member: string;
	/** Makes it come, for rounds from -1 on; each time with another value, because a service tells of changes only. */
	by: (round: number) => Call;
}

/** A real service of a Debian package. */
export interface Surveyed {
	/** What the table and `npm run test:services -- KEY` call it. */
	key: string;
	packages: readonly string[];
	busName: string;
	/** Answered without an error as soon as it is up. */
	call: Call;
	signal?: Emission;
	/** Why a refusal is right; one that is not named here counts as a failure. */
	refused?: string;
}

/** One that is started on a bus of its own. */
export interface OnOwnBus extends Surveyed {
	argv: readonly [string, ...string[]];
	env?: Readonly<Record<string, string>>;
	/** A shell script that runs before it, in its environment: folders and files that a package's scripts would make. */
	prepare?: string;
	/** Keys of services that it needs on the same bus. */
	needs?: readonly string[];
}

/** One that systemd starts, on the system bus. */
export interface AsUnit extends Surveyed {
	unit: string;
	prepare?: string;
}

/** changed: only what the preflight had announced is another than before. */
export type Outcome = 'preserved' | 'changed' | 'refused' | 'failed' | 'not started';

/** What the survey found out about one service. */
export interface Finding {
	key: string;
	kind: 'bus' | 'unit';
	outcome: Outcome;
	/** Why it was refused, what failed; empty if nothing. */
	cause: string;
	/** Client library, and the language where it is not C; empty if it did not start. */
	library: string;
	/** Of the whole tree. */
	threads: number;
	fds: number;
	processes: number;
	/** Held sockets, pipes and other descriptors. */
	held: number;
	/** undefined: it was not frozen. */
	portable?: boolean;
	/** Signals were heard after each thaw; false where it cannot be made to emit one. */
	signals: boolean;
	/** From its start to the first answered call. */
	coldMs?: number;
	/** Medians. */
	dumpMs?: number;
	restoreMs?: number;
	/** Of images. */
	megabytes?: number;
	/** What our program warned of. */
	warnings: string[];
}
