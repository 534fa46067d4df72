import type {Policy} from '../dbus/held/connection.js';
import type {HoldWhat} from './preflight/preflight.js';

/** What a front end asks of a freeze; it crosses the keeper's socket as JSON. */
export interface FreezeOptions {
	pid: number;
	/** `startTime()` of the process that was meant: guards against a reused pid. */
	startTime: string;
	stepping: boolean;
	/** Refuse (`not-portable`) instead of holding what a restore elsewhere could not rebuild. */
	portable: boolean;
	/** By default `needed`. */
	hold?: HoldWhat;
	leaveRunning: boolean;
	policy: Policy;
	/** Match rules of what the keeper captures into the checkpoint's `traffic.pcap` meanwhile. */
	capture?: readonly string[];
	/** Compare the images byte for byte with the process, however large it is. */
	verifyMemory?: boolean;
}

/** Given when a thaw follows at once; then nothing of the freeze need survive a power cut. */
export interface ThawFollows {
	/** All that the restore inherits is held; nothing stands still yet. */
	onHeld: () => void;
	/** The images are complete, and the target stands still. */
	onImages: () => void;
}

/** What a front end asks of a thaw. */
export interface ThawOptions {
	/** Make new bus connections even where the old ones are still held. */
	reconnect?: boolean;
	/** Where new connections to the checkpoint's bus are made; by default where the old ones were. */
	address?: string;
	stepping: boolean;
	/** Leave the tree stopped (SIGSTOP state) after the restore. */
	leaveStopped: boolean;
	/** Compare the images byte for byte with the restored process, however large it is. */
	verifyMemory?: boolean;
	/** If its systemd unit runs without it, stop that first. */
	stopUnit?: boolean;
	/** Even if this processor lacks what that of the freeze had. */
	otherCpu?: boolean;
	/** In a pid namespace of its own, for its numbers may be taken here. */
	pidNamespace?: boolean;
	/** Even if a copy of it was moved away, or lives. */
	force?: boolean;
}
