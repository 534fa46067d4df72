import type {FdSnapshot} from '../../context/model.js';
import {ghostLimitBytes} from '../../criu/arguments.js';
import {type Around, blocks, changes, dumped, heldAs, type Judgement} from './findings.js';

/** Locks that belong to the open file, so that whoever holds it holds the lock, and nobody else gets it meanwhile. */
const locksOfDescription = new Set(['FLOCK', 'OFDLCK']);

/** A regular file or a directory. */
export function judgeFile(fd: FdSnapshot, around: Around): Judgement {
	const {kind, target, hidden, unlinkedBytes = 0, locks = []} = fd;
	const isMapped = around.mapped.has(target);
	const asFile = heldAs(kind === 'directory' ? 'directory' : 'file');
	if (isNamespace(target)) return isOwnNamespace(target, around) ? dumped : heldAs('namespace');
	if (hidden || isOfProcessOutside(target, around.tree)) return isMapped ? blocks('mapped-hidden') : asFile;
	if (unlinkedBytes > ghostLimitBytes) return isMapped ? blocks('unlinked-too-large') : asFile;
	if (locks.some((lock) => locksOfDescription.has(lock))) {
		// CRIU finds an inherited file by its path, so there must be one and it must mean this one only.
		const isAlone = around.fds.filter((other) => other.target === target).length === 1;
		const isFindable = isAlone && !isMapped && unlinkedBytes === 0 && !target.endsWith(' (deleted)');
		return isFindable
			? {class: 'held', kind: 'file', isExternal: false, path: target}
			: isMapped
				? changes('lock-let-go')
				: asFile;
	}
	return locks.length > 0 ? changes('lock-let-go') : dumped;
}

/** A named pipe: with only one end inside, whoever has the other would see it close. */
export function judgeFifo(fd: FdSnapshot, around: Around): Judgement {
	if (fd.hidden) return heldAs('fifo');
	const ends = around.fds.filter(({target}) => target === fd.target).map(accessOf);
	const isInside = ends.includes('both') || (ends.includes('read') && ends.includes('write'));
	return isInside ? dumped : heldAs('fifo');
}

/** F_GETFL's access mode: 0 O_RDONLY, 1 O_WRONLY, 2 O_RDWR. */
function accessOf({flags}: FdSnapshot): 'read' | 'write' | 'both' {
	const mode = Number.parseInt(flags, 8) & 3;
	return mode === 0 ? 'read' : mode === 1 ? 'write' : 'both';
}

const isNamespace = (target: string): boolean => /^[a-z_]+:\[\d+\]$/.test(target);

function isOwnNamespace(target: string, {process}: Around): boolean {
	return Object.values(process.namespaces ?? {}).includes(target);
}

/** A file of /proc of somebody who is not frozen with it: there may be nobody of that number later. */
function isOfProcessOutside(target: string, tree: ReadonlySet<number>): boolean {
	const pid = /^\/proc\/(\d+)(?:\/|$)/.exec(target)?.[1];
	return pid !== undefined && !tree.has(Number(pid));
}
