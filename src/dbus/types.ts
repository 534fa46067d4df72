/** A connection as the census saw it; plain data for every reader above. */
export interface BusPeer {
	uniqueName: string;
	/** Well-known names it owns, and those it waits for in the queue. */
	names: string[];
	queued: string[];
	pid?: number;
	uid?: number;
	/** Who connected, where that process is gone and `pid` has its socket now. */
	connectedBy?: number;
	/** The daemon does not know `pid` any more. */
	forgotten?: true;
	/** /proc/PID/comm and the command line, unescaped: escape before printing. */
	comm?: string;
	command?: string;
	/** The systemd unit that it runs in, and the id of its desktop file where the unit's name tells. */
	unit?: string;
	desktopId?: string;
	/** null: the daemon does not tell. */
	matchRules: string[] | null;
	/** It belongs to a keeper of ours; only the screen asks. */
	keeper?: boolean;
	/** Messages and bytes that wait in the daemon for this connection, where it tells. */
	queue?: {messages: number; bytes: number};
}

/** Who is behind a unique name, also after it has left. Strings are as received: escape before printing. */
export interface Application {
	/** Well-known names: those it owns, or the one it lost last. */
	names: readonly string[];
	pid?: number;
	uid?: number;
	program?: string;
	unit?: string;
	desktopId?: string;
	/** It has left the bus. */
	left: boolean;
}

export type MessageType = 'call' | 'return' | 'error' | 'signal';

/** One message on the bus. Strings are as received: escape before printing. */
export interface TrafficMessage {
	/** Counts every message the monitor has read, from 0. */
	index: number;
	/** Wall clock of our reading, milliseconds since the epoch with fraction. */
	at: number;
	type: MessageType;
	serial: number;
	replySerial?: number;
	sender?: string;
	destination?: string;
	path?: string;
	interface?: string;
	member?: string;
	errorName?: string;
	signature?: string;
	/** Number of file descriptors it carries. */
	fds: number;
	/** Whole frame, header and body, in bytes. */
	size: number;
	noReply: boolean;
}

/**
 * How a bus is watched: as a monitor, which sees everything; by match rules that let a plain client see the
 * messages of others, too (`eavesdrop`), or only what is sent to everybody (`match`); from a file; not at all.
 */
export type TrafficMode = 'monitor' | 'eavesdrop' | 'match' | 'capture' | 'off';

export interface TrafficStatus {
	mode: TrafficMode;
	/** Why it is not `monitor`: a daemon's own words, an errno's name, or a key of `bus.reasons`. */
	reason?: string;
	/** True: off for now; a new connection is being tried. */
	reconnecting?: boolean;
}

/** A time in which nothing could be seen. */
export interface TrafficGap {
	/** Of the first message after it. */
	index: number;
	/** Milliseconds since the epoch. */
	from: number;
	/** Undefined: it has not ended. */
	to?: number;
	/** Why the connection ended. */
	reason: string;
}
