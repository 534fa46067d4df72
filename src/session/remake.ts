import type {Manifest} from '../checkpoint/manifest.js';
import type {HeldEnd} from '../dbus/hold.js';
import {closeFd} from '../kernel/descriptor.js';
import {duplicateFd, openPidfd} from '../kernel/pidfd.js';
import {newJournalStream} from '../systemd/journal-stream.js';
import type {SessionParts} from './parts.js';

/**
 * Something like what was held under that inode, where a new one is as good as the old one. A connection to the
 * journal is the one that systemd made for the unit, else one of our own in the same name.
 */
export function remake(parts: SessionParts, lost: Manifest['held'][number]): HeldEnd | undefined {
	const {kind, inode, pid, fd, peer} = lost;
	if (lost.remake !== 'journal') return undefined;
	const {manifest, unit} = parts;
	const [output, errors = output] = unit?.journal ?? [];
	const made = fd === 2 ? errors : output;
	const ourFd =
		made === undefined
			? newJournalStream(manifest?.target.comm ?? '', manifest?.unit?.name ?? '')
			: duplicate(made);
	return ourFd === undefined ? undefined : {kind, inode, pid, fd, peerPid: 0, peer, ourFd};
}

function duplicate(fd: number): number {
	const ourselves = openPidfd(process.pid);
	try {
		return duplicateFd(ourselves, fd);
	} finally {
		closeFd(ourselves);
	}
}
