import type {MoveProgress} from '../../checkpoint/move/progress.js';
import type {Standing} from '../../checkpoint/standing.js';
import type {FaultData} from '../../common/fault.js';
import type {Policy} from '../../dbus/held/connection.js';
import type {ThawOutlook} from '../../session/outlook.js';
import type {SessionHandle} from '../port.js';

/** All checkpoints of the state dir, whatever bus they belong to. All calls reject with `Fault`s. */
export interface CheckpointsFeed {
	/** Newest first. */
	list(): Promise<CheckpointEntry[]>;
	/** What the checks before a thaw would say, and what a crash has left; changes nothing. */
	look(name: string): Promise<CheckpointLook>;
	/** A session of the past, from what was written down; its events end at once. */
	review(name: string): Promise<SessionHandle>;
	/** Where a packed checkpoint would go if nobody says. */
	suggestedFile(entry: CheckpointEntry): string;
	/** Packs into a new file; there is none if it fails or is interrupted. @returns what to say of it. */
	pack(name: string, target: PackTarget, work: Work): Promise<string[]>;
	/** Moves it to another machine; sent again after a break, it goes on where it stopped. @returns what to say of it. */
	send(name: string, target: SendTarget, work: Work): Promise<string[]>;
	/** Deletes it; what is frozen in it is lost. */
	remove(name: string): Promise<void>;
	/** Puts right what crashes have left of any checkpoint. @returns what to say of it. */
	repair(): Promise<string[]>;
}

export interface PackTarget {
	/** A path, or `oci:DIR[:TAG]`. */
	file: string;
	/** Empty: not encrypted. */
	passphrase: string;
}

export interface SendTarget {
	/** `user@host`, or a name from ssh's settings. */
	host: string;
	/** How this program is called there. */
	remoteCommand: string;
}

/** How slow work is told to stop, and tells how far it is. */
export interface Work {
	signal: AbortSignal;
	onProgress: (progress: MoveProgress) => void;
}

/** How the next thaw would go; `impossible` says why as the thaw itself would. */
export type NextThaw =
	| PossibleThaw
	/** `inSpite`: how it would go if the operator insists. */
	| {mode: 'impossible'; fault: FaultData; inSpite?: PossibleThaw};

export type PossibleThaw =
	| {mode: 'held'}
	| {mode: 'reconnected'; why: 'keeper-gone' | 'connection-gone' | 'given-up'};

/** The bus of a checkpoint: that of the screen, an earlier daemon at the same address, or another one. */
export type BusRelation = 'watched' | 'earlier-daemon' | 'other';

export interface CheckpointEntry {
	/** As commands call it. */
	name: string;
	/** Its folder. */
	checkpoint: string;
	standing: Standing | 'unreadable';
	next: NextThaw;
	/** Absent when it cannot be read: `next` says why. */
	facts?: CheckpointFacts;
}

/** What its manifest and the notes beside it say. */
export interface CheckpointFacts {
	names: readonly string[];
	pid: number;
	comm: string;
	exe: string;
	processes: number;
	/** Where it was frozen, and whether that is this machine. */
	hostname: string;
	isHere: boolean;
	bus: {address: string; relation: BusRelation};
	/** Milliseconds since the epoch. */
	frozenAt: number;
	imageBytes: number;
	policy: Policy;
	/** Why it can be thawed here only; empty: elsewhere, too. */
	portableBecause: readonly string[];
	/** Where it lives instead of here. */
	movedTo?: string;
	/** Packed copies that may be thawed somewhere. */
	copies: readonly string[];
	/** It was packed elsewhere, at this time (ISO 8601). */
	origin?: {hostname: string; packedAt: string};
}

export interface CheckpointLook extends ThawOutlook {
	/** What a crash has left, in words. */
	leftBehind: string[];
}
