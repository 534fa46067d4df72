/**
 * `listener`: a listening socket. CRIU dumps it with all that it needs to make it anew, so it can be restored without
 * us; but only the same one has the clients that came meanwhile.
 */
export type HeldKind = 'socket' | 'pipe' | 'listener';

/** An outside end that we keep open while the process is frozen, as CRIU must be told of it. */
export interface HeldForCriu {
	kind: HeldKind;
	inode: number;
	/** Our duplicate of the descriptor. */
	ourFd: number;
}
