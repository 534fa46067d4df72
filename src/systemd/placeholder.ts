import os from 'node:os';
import {closeFd} from '../kernel/descriptor.js';
import {SystemCallError} from '../kernel/errors.js';
import {duplicateFd, hasExited, openPidfd, signalPidfd} from '../kernel/pidfd.js';
import {peerName} from '../kernel/socket-address.js';
import {isJournalStream} from '../process/journal.js';

/** The process that systemd has started where a restored one will be. It does nothing; what it was given counts. */
export class Placeholder {
	/** Our duplicates of its standard output and error as far as they go to the journal; both may be one connection. */
	readonly journal: readonly number[];
	readonly pid: number;
	readonly #pidfd: number;

	constructor(pid: number) {
		this.pid = pid;
		this.#pidfd = openPidfd(pid);
		this.journal = [1, 2].flatMap((number) => {
			const fd = duplicateFd(this.#pidfd, number);
			if (isJournal(fd)) return [fd];
			closeFd(fd);
			return [];
		});
	}

	/** Ends it. */
	dismiss(): void {
		for (const fd of this.journal) closeFd(fd);
		if (!hasExited(this.#pidfd)) signalPidfd(this.#pidfd, os.constants.signals.SIGKILL);
		closeFd(this.#pidfd);
	}
}

function isJournal(fd: number): boolean {
	try {
		return isJournalStream(peerName(fd));
	} catch (error) {
		if (error instanceof SystemCallError) return false;
		throw error;
	}
}
