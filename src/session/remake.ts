import {openSync} from 'node:fs';
import type {Manifest} from '../checkpoint/manifest.js';
import type {HeldEnd, OutsideEnd} from '../dbus/hold.js';
import {closeFd} from '../kernel/descriptor.js';
import {duplicateFd, openPidfd} from '../kernel/pidfd.js';
import type {Remake} from '../process/held.js';
import {newJournalStream} from '../systemd/journal-stream.js';
import {note, type SessionParts, warn} from './parts.js';

/** Devices of which one opening is as good as another. */
const statelessDevices = new Set(['null', 'zero', 'full', 'random', 'urandom'].map((name) => `/dev/${name}`));

/** How something that was held is made anew, where that is known. */
export function remakeOf({
	kind,
	peer,
	remake,
}: Pick<OutsideEnd, 'kind' | 'peer' | 'remake'>): Remake | undefined {
	return kind === 'device' && statelessDevices.has(peer) ? 'device' : remake;
}

/** Something as good as what was held under that inode; undefined where there is none. */
export function remake(parts: SessionParts, lost: Manifest['held'][number]): HeldEnd | undefined {
	const {kind, inode, pid, fd, peer, external} = lost;
	const ourFd =
		lost.remake === 'journal'
			? journalStream(parts, fd)
			: lost.remake === 'device'
				? openSync(peer, flagsOf(parts, pid, fd))
				: undefined;
	if (ourFd === undefined) return undefined;
	return {kind, inode, pid, fd, peerPid: 0, peer, ourFd, ...(external ? {external} : {})};
}

/** Nobody must look for the very same things after the thaw. */
export function expectOthers(parts: SessionParts, remade: readonly HeldEnd[]): void {
	const {checkpoint} = parts;
	const before = checkpoint.readSnapshot('before');
	if (remade.length === 0 || !before) return;
	for (const {fds} of before.processes)
		for (const fd of fds) if (fd.held && remade.some(({inode}) => inode === fd.inode)) delete fd.held;
	note(parts, () => checkpoint.writeSnapshot(before));
	const streams = remade.filter(({kind}) => kind === 'socket').length;
	if (streams > 0) warn(parts, 'journal-anew', {streams});
}

/** As systemd has made it for the unit, else one of our own in the same name. */
function journalStream({manifest, unit}: SessionParts, fd: number): number | undefined {
	const [output, errors = output] = unit?.journal ?? [];
	const made = fd === 2 ? errors : output;
	if (made !== undefined) return duplicate(made);
	return newJournalStream(manifest?.target.comm ?? '', manifest?.unit?.name ?? '');
}

/** O_ACCMODE, <fcntl.h>. */
const accessMode = 3;

/** The access mode that it was open with. */
function flagsOf({checkpoint}: SessionParts, pid: number, fd: number): number {
	const process = checkpoint.readSnapshot('before')?.processes.find((one) => one.pid === pid);
	const flags = process?.fds.find((one) => one.fd === fd)?.flags ?? '2';
	return Number.parseInt(flags, 8) & accessMode;
}

function duplicate(fd: number): number {
	const ourselves = openPidfd(process.pid);
	try {
		return duplicateFd(ourselves, fd);
	} finally {
		closeFd(ourselves);
	}
}
