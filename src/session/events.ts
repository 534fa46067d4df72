import type {FaultData, ProcessState} from '../common/fault.js';
import type {ConnectionSnapshot, Moment, Verdict} from '../context/model.js';
import type {MemoryReport} from '../criu/memory/report.js';
import type {Policy} from '../dbus/held/connection.js';
import type {Waiting} from '../dbus/held/service.js';
import type {ExternalFile, HeldKind, Remake} from '../process/held.js';

export type Operation = 'freeze' | 'thaw';
export type Decision = 'continue' | 'abort';

/**
 * The one event stream of a freeze–thaw. Journal (`events.jsonl`), CLI (`--json`, `--step`) and TUI are its
 * three readers; `session/machine.ts` folds it into a state. Each event is plain JSON.
 */
export type SessionEvent = SessionEventBody & {
	/** 0, 1, 2 … within one checkpoint, across keepers. */
	seq: number;
	/** Wall clock, milliseconds since the epoch. */
	at: number;
};

export type SessionEventBody =
	| {type: 'started'; operation: Operation; pid: number; comm: string; names: string[]; checkpoint: string}
	/** The stage's work is done; `ms` is how long that took. If `gate`, the driver now waits for a decision. */
	| {
			type: 'stage-reached';
			operation: Operation;
			stage: string;
			ms: number;
			gate: boolean;
			/** Abort is still possible here (criu ignores it at some stages). */
			abortable: boolean;
			/** The last place at which aborting leaves the service as it was. */
			commitPoint: boolean;
	  }
	| {
			type: 'stage-decided';
			operation: Operation;
			stage: string;
			decision: Decision;
			by: 'auto' | 'operator' | 'front-end-lost' | 'signal';
	  }
	/** A snapshot was written; readers ask for it by moment. */
	| {type: 'snapshot'; moment: Moment}
	| {type: 'connections'; connections: ConnectionSnapshot[]}
	| {type: 'held'; held: HeldDescriptor[]; portableBecause: string[]}
	/** The process's state is now this. Always written before whatever makes it true can be lost. */
	| {type: 'process'; state: ProcessState; pid: number}
	/** What waits for a frozen service, and what was refused. */
	| ({type: 'waiting'} & Waiting)
	/** What had waited in the stash is in the service's sockets again; the daemon stood still for `stops` short times. */
	| {type: 'handed-back'; messages: number; bytes: number; stops: number; longestStopMs: number}
	/** What becomes of calls was changed while it is frozen. */
	| {type: 'policy'; policy: Policy}
	/**
	 * Of the target's systemd unit: we are its main process (`pid`) now, of one that runs or of one that was started for
	 * the thaw; the target (`pid`) is again; systemd has ended
	 * our process, so that the frozen one was given up.
	 */
	| {type: 'unit'; unit: string; change: UnitChange; pid: number}
	/** A slow step goes on, e.g. waiting for the parent to reap the zombie. */
	| {type: 'progress'; step: string; detail: string}
	| {type: 'warning'; warning: string; params: Record<string, string | number>}
	/** Memory was compared byte for byte. */
	| {type: 'memory'; report: MemoryReport}
	| {type: 'verdict'; verdict: Verdict}
	| {type: 'finished'; operation: Operation; result: FreezeResult | ThawResult}
	| {type: 'failed'; operation: Operation; fault: FaultData};

export type UnitChange = 'held' | 'started' | 'returned' | 'stopped';

export interface HeldDescriptor {
	kind: HeldKind;
	/** Of a descriptor without a number of its own: one that we invented. */
	inode: number;
	/** Descriptor number and process in the target's tree. */
	fd: number;
	pid: number;
	/** Why it is held, e.g. the name of the peer process, or the bus name. */
	peer: string;
	bus: boolean;
	/** How it is made anew when it is not held any more, where that is known. */
	remake?: Remake;
	/** A pidfd that means the bus daemon: whoever makes the connection anew makes it anew, too. */
	ofDaemon?: boolean;
	/** As what CRIU knows it, where it could not dump it. */
	external?: ExternalFile;
}

export interface StageTime {
	name: string;
	/** Milliseconds of work, without the time an operator took to decide. */
	ms: number;
}

/** What `freeze --json` prints (command contract). */
export interface FreezeResult {
	ok: true;
	checkpoint: string;
	pid: number;
	uniqueName: string;
	names: string[];
	connections: ConnectionSnapshot[];
	held: HeldDescriptor[];
	stages: StageTime[];
	timings: {holdMs: number; dumpMs: number; reapMs: number; totalMs: number};
	imageBytes: number;
	portable: boolean;
	portableBecause: string[];
	keeperPid: number;
	/** The systemd unit whose main process it is: it stays active, with our process in its place. */
	unit?: {name: string; holderPid: number};
	/** The images against the process that was dumped; absent when that was not asked for. */
	memory?: MemoryReport;
	warnings: Warning[];
}

/** What `thaw --json` and `cycle --json` print (command contract). */
export interface ThawResult {
	ok: true;
	pid: number;
	/** In a pid namespace of its own: what it calls itself there. */
	ownPid?: number;
	mode: 'held' | 'reconnected';
	uniqueName: {before: string; after: string};
	names: string[];
	/** The systemd unit whose main process it is again; `started`: it was started for that. */
	unit?: {name: string; mainPid: number; started: boolean};
	stages: StageTime[];
	timings: {restoreMs: number; totalMs: number; downtimeMs: number};
	verdict: Verdict;
	/** The images against the restored process, before it ran; absent when they were not compared. */
	memory?: MemoryReport;
	warnings: Warning[];
}

export interface Warning {
	warning: string;
	params: Record<string, string | number>;
}
