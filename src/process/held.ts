/**
 * What a held descriptor is. `socket`, `pipe`, `listener` and `file` are in the images with all that CRIU needs to make
 * them anew, but only the same one has the peer, the clients that came meanwhile, the lock. Of all others, and of
 * sockets that are `external`, CRIU knows nothing but a name.
 */
export const heldKinds = [
	'socket',
	'pipe',
	'listener',
	'file',
	'directory',
	'fifo',
	'tty',
	'device',
	'memfd',
	'eventfd',
	'timerfd',
	'inotify',
	'pidfd',
	'namespace',
	'tcp',
	'udp',
	'netlink',
	'other',
] as const;

export type HeldKind = (typeof heldKinds)[number];

/** What CRIU is made to believe that a descriptor is: a directory of this mount with this invented inode. */
export interface ExternalFile {
	/** `mnt_id` of the descriptor's fdinfo. */
	mount: number;
	inode: number;
}

/** The first of the inodes that we invent: none of them is a real one's of the mounts that have no number of their own. */
const firstInvented = 0x7f00_0000;

export const inventedInode = (index: number): number => firstInvented + index;

/** How something is made anew: a new connection to the journal; the device of the same name, which has no state. */
export type Remake = 'journal' | 'device';
