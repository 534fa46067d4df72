import type {FaultData} from '../common/fault.js';
import type {Difference, Moment, Snapshot, Verdict} from '../context/model.js';
import type {Policy} from '../dbus/held/connection.js';
import type {WaitingPage} from '../dbus/held/service.js';
import type {MessageInspection} from '../dbus/inspect.js';
import type {Query} from '../dbus/query/query.js';

import type {Application, BusPeer, TrafficGap, TrafficMessage, TrafficStatus} from '../dbus/types.js';
import type {Decision, SessionEvent} from '../session/events.js';
import type {ThawOptions} from '../session/options.js';
import type {CheckpointsFeed, NextThaw} from './checkpoints/feed.js';
import type {Mark} from './traffic/marks.js';

/**
 * All that the screen knows of the world: typed events in, typed actions out. `cli/commands/tui.ts` makes
 * the real one.
 */
export interface Port {
	/** `system bus`, `session bus`, or the address; shown in the title line. */
	readonly busLabel: string;
	/** True: nothing may be frozen or thawed from here. */
	readonly readOnly: boolean;
	readonly connections: ConnectionFeed;
	readonly traffic: TrafficFeed;
	readonly checkpoints: CheckpointsFeed;
	/** Freezes and thaws of the past, where a capture tells them. */
	readonly marks?: readonly Mark[];
	/** What the filter of the traffic is at the beginning. */
	readonly filter?: string;
	/** Sessions that exist already: services frozen earlier, by anybody. */
	frozen(): Promise<FrozenService[]>;
	/** True: the bus, its services and whatever is frozen end with the screen, as in the demo. */
	readonly endsWithScreen: boolean;
	/** The whole command line that thaws it from a shell. */
	thawCommand(checkpoint: string): string;
	/** The user's saved filters: name → text. Rejects with Fault `bad-config`. */
	filters(): Promise<Readonly<Record<string, string>>>;
	/** Saves a filter, or forgets it when `text` is undefined, and tells all. Rejects also with `output-unwritable`. */
	saveFilter(name: string, text: string | undefined): Promise<Readonly<Record<string, string>>>;
	/** What would block, change or be held if this were frozen; nothing is touched. */
	preflight(target: string): Promise<PreflightReport>;
	/** Starts a keeper and begins to freeze, stopping at each gate. */
	freeze(target: string, policy: Policy): Promise<SessionHandle>;
	/**
	 * Another front end of a session whose keeper lives; one whose keeper has ended gets another.
	 * @param force even if it was moved away, or another copy of it lives.
	 */
	attach(checkpoint: string, force: boolean): Promise<SessionHandle>;
}

export interface ConnectionFeed {
	current(): readonly BusPeer[];
	/** Called after each change, at most a few times a second. Returns the unsubscriber. */
	onChange(listener: () => void): () => void;
	/** Details for the details pane: fresh from /proc and the daemon. */
	details(uniqueName: string): Promise<Snapshot>;
}

export interface TrafficFeed {
	/** Every message seen since the start, and those dropped by us (honestly counted). */
	counts(): {seen: number; dropped: number; bytes: number};
	/** Lowest and one past the highest index that is still in memory. */
	range(): {first: number; end: number};
	get(index: number): TrafficMessage | undefined;
	/** Milliseconds between call and reply, when this is a reply whose call was seen (and vice versa). */
	elapsed(message: TrafficMessage): number | undefined;
	/** What time it is for these messages, in milliseconds since the epoch: now, or the end of a capture. */
	now(): number;
	/** The arguments in one line, escaped; undefined when they are broken or gone. */
	arguments(message: TrafficMessage): string | undefined;
	/** Everything that the message says; undefined when it is gone. A body that may hold a secret is masked. */
	inspect(message: TrafficMessage, unmasked?: boolean): MessageInspection | undefined;
	/** The call that this message answers, or the answer to this call, while it is in memory. */
	pair(message: TrafficMessage): TrafficMessage | undefined;
	/**
	 * Whether the filter lets a message through. A call and its answer are judged together: when an answer comes,
	 * ask for its call again.
	 */
	matches(index: number, query: Query): boolean;
	/** Name to show for a unique name: well-known name or command, remembered after it left. */
	nameOf(uniqueName: string): string;
	/** The unique name that owns a well-known one; the name itself where that is not known. */
	ownerOf(name: string): string;
	/** Who is behind a unique name, remembered after it left. */
	applicationOf(uniqueName: string): Application | undefined;
	/** Unique names whose match rules take this signal; undefined where the daemon does not tell the rules. */
	receivers(signal: TrafficMessage): readonly string[] | undefined;
	/** Times in which nothing could be seen, oldest first. */
	gaps(): readonly TrafficGap[];
	status(): TrafficStatus;
}

export interface FrozenService {
	checkpoint: string;
	pid: number;
	names: string[];
	uniqueName: string;
	/** Unique names of its other connections to this bus, where it has several. */
	others?: readonly string[];
	since: number;
	/** False: its keeper is gone; a thaw gets it another one, and new connections. */
	keeperAlive: boolean;
	/** How a thaw would go. */
	next: NextThaw;
}

export interface PreflightReport {
	target: {
		pid: number;
		comm: string;
		names: string[];
		uniqueName: string;
		threads: number;
		processes: number;
	};
	blockers: string[];
	warnings: string[];
	held: string[];
}

export interface SessionHandle {
	readonly checkpoint: string;
	/** All events from the first on, then live ones; ends when the keeper ends. */
	readonly events: AsyncIterable<SessionEvent>;
	/** Answers the gate that waits now. */
	decide(decision: Decision): void;
	/** Answers every further gate of the running operation with `continue`. */
	continueAll(): void;
	/**
	 * Begins to thaw, stopping at each gate.
	 * @param onRefused told why nothing was begun, of which no event tells.
	 */
	thaw(choices: ThawChoices, onRefused: (fault: FaultData) => void): void;
	snapshot(moment: Moment): Promise<Snapshot | undefined>;
	compare(before: Moment, after: Moment): Promise<{differences: Difference[]; verdict: Verdict} | undefined>;
	/** Changes what becomes of calls while it is frozen. Throws; then all is as before. */
	setPolicy(policy: Policy): Promise<void>;
	/** `count` of the messages that wait, from `first` on, in the order of delivery. */
	waiting(first: number, count: number): Promise<WaitingPage>;
	/** Leaves the session to its keeper. */
	detach(): void;
}

/** What the operator may choose of a thaw. */
export type ThawChoices = Omit<ThawOptions, 'stepping' | 'leaveStopped'>;

export type PortFailure = FaultData;
