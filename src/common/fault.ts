/** What has become of the target when an operation ends badly. The words of the command contract. */
export type ProcessState = 'untouched' | 'running' | 'frozen' | 'lost';

/** What can be wrong with one of CRIU's image files. */
export type ImageDefect =
	| 'missing'
	| 'unreadable'
	| 'too-large'
	| 'empty'
	| 'truncated'
	| 'bad-magic'
	| 'bad-message'
	| 'missing-field'
	| 'unknown-machine';

/** What can be wrong with a packed checkpoint. */
export type ArchiveDefect =
	/** Neither zstd nor age. */
	| 'format'
	| 'version'
	| 'truncated'
	/** The compressed or encrypted data, or the tar structure, is broken. */
	| 'damaged'
	| 'index'
	| 'name'
	/** A link, a folder, a device, a FIFO. */
	| 'type'
	| 'owner'
	| 'mode'
	| 'duplicate'
	/** In the archive and not in the index, or at another place than there. */
	| 'unlisted'
	| 'missing'
	| 'size'
	/** It becomes larger than its index says. */
	| 'bomb'
	| 'checksum'
	/** It is whole, but no checkpoint. */
	| 'manifest'
	/** Of an OCI image layout. */
	| 'layout'
	| 'no-such-tag'
	| 'not-ours';

export type FileProblem = 'missing' | 'other-size' | 'other-build';

/**
 * Every way an operation can fail, with the facts its sentence needs. The sentences themselves live in
 * `i18n/`, so a lower room never writes prose.
 */
export interface FaultParams {
	usage: {detail: string};
	/** An errno's name, or what is wrong in the file. */
	'bad-config': {path: string; reason: string};
	'no-tty': Record<string, never>;
	/** Asked of a capture, behind which nothing runs. */
	'not-live': Record<string, never>;
	'not-root': {operation: string};
	/** Every place that was looked at; `version` of one that is too old. */
	'no-criu': {tried: Array<{path: string; problem: 'missing' | 'broken' | 'too-old'; version?: string}>};
	/** Asked of a session in the wrong moment. */
	'not-now': {why: 'no-gate' | 'not-abortable' | 'busy' | 'used'; stage?: string};
	'not-set-up': {missing: string};
	'bus-unreachable': {address: string; reason: string};
	'monitor-refused': {reason: string};
	'no-target': {target: string};
	'ambiguous-target': {target: string; candidates: string[]};
	'dead-pid': {pid: number};
	'pid-reused': {pid: number};
	'own-process': {pid: number; role: 'daemon' | 'self' | 'ancestor' | 'keeper'};
	'already-frozen': {target: string; checkpoint: string};
	'no-checkpoint': {path: string; reason: string};
	'bad-snapshot': {path: string; reason: string};
	/** An errno's name, `not-criu`, or `no-log` in this folder. */
	'bad-log': {path: string; reason: string};
	/** `reason`: an errno's name, or a defect of the capture reader. `offset` in bytes. */
	'bad-capture': {path: string; reason: string; offset: number};
	'bad-image': {path: string; offset: number; reason: ImageDefect};
	'already-thawed': {checkpoint: string; pid: number};
	/** The freeze of this checkpoint never took effect, or left the process running on purpose. */
	'not-frozen': {checkpoint: string; pid: number; reason: 'left-running' | 'aborted' | 'never-frozen'};
	'still-frozen': {checkpoint: string};
	'output-unwritable': {path: string; reason: string};
	'output-exists': {path: string};
	/** Findings of `i18n` (`findings`) with their facts. */
	preflight: {blockers: ReadonlyArray<{finding: string; params: Record<string, string | number>}>};
	/** This criu cannot be run by its loader, which it must be where it needs more than itself. */
	'criu-not-loadable': {path: string};
	/** The preload library could not be built. */
	'no-preload': {detail: string};
	'not-portable': {reasons: string[]};
	'criu-failed': {
		operation: 'dump' | 'restore';
		/** criu's own words. */
		cause: string;
		/** What they are known to mean: a key of the catalogue's `causes`, and its facts. */
		known?: {code: string; params: Record<string, string>};
		/** When they are not known: the lines of the log that say most. */
		lines?: string[];
		log: string;
	};
	/** With `--while-frozen refuse`: the stand-in could not become the owner of a name. */
	'name-not-taken': {name: string; reason: 'forbidden' | 'timeout' | 'disconnected'};
	/** With the policy `refuse`: nobody may write in the service's place. */
	'cannot-refuse': {uniqueName: string; reason: 'unread' | 'half' | 'unproved' | 'boundary'};
	/** The daemon does not answer what is said on a held connection. */
	'daemon-silent': {uniqueName: string};
	'criu-timeout': {
		operation: 'dump' | 'restore';
		seconds: number;
		/** As of `criu-failed`. */
		known?: {code: string; params: Record<string, string>};
		log: string;
	};
	/** Somebody else ended it: an operator, or the kernel for lack of memory. */
	'criu-killed': {operation: 'dump' | 'restore'; signal: string; log: string};
	/** The daemon closed the target's connection, or ended, before the target was frozen. */
	'connection-closed': {address: string};
	'hold-lost': {checkpoint: string; reason: 'keeper-gone' | 'daemon-gone'};
	/** Ends of other things than bus connections: nobody can make them anew. */
	'held-ends-lost': {checkpoint: string; ends: string[]};
	/** Somebody else has a name of the frozen service. */
	'name-owned': {name: string; owner: string};
	/** The bus does not grant a new connection what the old one had. */
	'bus-refused': {address: string; reason: string};
	/** What the program had mapped or open is not what is there now. */
	'files-changed': {files: Array<{path: string; problem: FileProblem}>};
	'other-architecture': {frozen: string; here: string};
	/** The processor of the freeze could what this one cannot; names of /proc/cpuinfo. */
	'cpu-lacks': {features: string[]; frozen: string; here: string};
	'pid-taken': {pid: number; command: string};
	'keeper-unreachable': {checkpoint: string; reason: string};
	'process-lost': {pid: number; reason: 'recorded' | 'dump' | 'restore' | 'crash' | 'after-thaw'};
	'disk-full': {path: string};
	/** Messages cannot be put back in order while the daemon runs. An errno's name, `timeout`, or `changed`. */
	'daemon-unstoppable': {pid: number; reason: string};
	/** More waits than the kernel, or this machine's memory, can take at once; both in bytes. */
	'stash-too-large': {bytes: number; capacity: number};
	/** An errno's name. */
	'no-archive': {path: string; reason: string};
	/** `entry`: the file in the archive, or what else the defect is about; may be empty. */
	'bad-archive': {path: string; defect: ArchiveDefect; entry: string};
	'archive-locked': {path: string; why: 'no-key' | 'wrong-key'};
	/** `key` is empty for secret ones. */
	'bad-key': {kind: 'recipient' | 'identity' | 'passphrase'; key: string};
	/** Both in bytes. */
	'no-space': {path: string; needed: number; free: number};
	unpackable: {checkpoint: string; what: string};
	'checkpoint-changed': {checkpoint: string};
	/** `thawed`: the other side has said that it runs there. */
	moved: {checkpoint: string; to: string; thawed: boolean};
	/** Another copy of the same frozen process, in the same state dir, runs or is held. */
	'copy-lives': {checkpoint: string; other: string; standing: 'frozen' | 'thawing' | 'thawed'};
	/** Of `send`. `reason`: ssh's own words, or one of ours. `sent`: bytes that the other side has kept. */
	'send-failed': {to: string; reason: string; sent: number; total: number};
	/** Of `receive`: what it was told makes no sense. */
	'bad-peer': {detail: string};
	aborted: {
		operation: 'freeze' | 'thaw' | 'pack' | 'unpack' | 'send';
		by: 'operator' | 'front-end' | 'signal';
	};
	internal: {detail: string};
}

export type FaultCode = keyof FaultParams;

const exitCodes: Record<FaultCode, number> = {
	usage: 2,
	'bad-config': 2,
	'no-tty': 2,
	'not-now': 2,
	'not-live': 2,
	'not-root': 3,
	'no-criu': 3,
	'not-set-up': 3,
	'bus-unreachable': 3,
	'monitor-refused': 3,
	'no-target': 4,
	'ambiguous-target': 4,
	'dead-pid': 4,
	'pid-reused': 4,
	'no-checkpoint': 4,
	'bad-snapshot': 4,
	'bad-log': 4,
	'bad-capture': 4,
	'bad-image': 4,
	'own-process': 5,
	'already-frozen': 5,
	'already-thawed': 5,
	'not-frozen': 5,
	'still-frozen': 5,
	'output-unwritable': 5,
	'output-exists': 5,
	preflight: 5,
	'criu-not-loadable': 3,
	'no-preload': 3,
	'not-portable': 5,
	'files-changed': 5,
	'other-architecture': 5,
	'cpu-lacks': 5,
	'pid-taken': 5,
	'name-not-taken': 5,
	'cannot-refuse': 6,
	'daemon-silent': 6,
	'criu-failed': 6,
	'criu-timeout': 6,
	'criu-killed': 6,
	'connection-closed': 6,
	'hold-lost': 6,
	'held-ends-lost': 6,
	'name-owned': 6,
	'bus-refused': 6,
	'keeper-unreachable': 6,
	'disk-full': 6,
	'daemon-unstoppable': 6,
	'stash-too-large': 6,
	'no-archive': 4,
	'bad-archive': 4,
	'archive-locked': 4,
	'bad-key': 2,
	'no-space': 5,
	unpackable: 5,
	'checkpoint-changed': 5,
	moved: 5,
	'copy-lives': 5,
	'send-failed': 6,
	'bad-peer': 6,
	'process-lost': 7,
	aborted: 130,
	internal: 6,
};

/** A failure as data: it crosses the keeper's socket and the journal unchanged. */
export interface FaultData<C extends FaultCode = FaultCode> {
	code: C;
	params: FaultParams[C];
	stage?: string;
	processState: ProcessState;
}

/** The one error type that rooms throw on purpose. `message` is for logs; people read `i18n`'s sentence. */
export class Fault<C extends FaultCode = FaultCode> extends Error {
	override name = 'Fault';
	readonly code: C;
	readonly params: FaultParams[C];
	stage: string | undefined;
	processState: ProcessState;

	constructor(
		code: C,
		params: FaultParams[C],
		where: {stage?: string; processState?: ProcessState; cause?: unknown} = {},
	) {
		super(`${code} ${JSON.stringify(params)}`, {cause: where.cause});
		this.code = code;
		this.params = params;
		this.stage = where.stage;
		this.processState = where.processState ?? 'untouched';
	}

	get exitCode(): number {
		return exitCodes[this.code];
	}

	toJSON(): FaultData<C> {
		return {
			code: this.code,
			params: this.params,
			processState: this.processState,
			...(this.stage === undefined ? {} : {stage: this.stage}),
		};
	}

	static from(data: FaultData): Fault {
		return new Fault(data.code, data.params, {
			processState: data.processState,
			...(data.stage === undefined ? {} : {stage: data.stage}),
		});
	}
}
