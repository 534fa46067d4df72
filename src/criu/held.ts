/** An outside end that we keep open while the process is frozen, as CRIU must be told of it. */
export interface HeldForCriu {
	kind: 'socket' | 'pipe';
	inode: number;
	/** Our duplicate of the descriptor. */
	ourFd: number;
}
