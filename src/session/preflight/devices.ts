import type {FdSnapshot} from '../../context/model.js';
import {type Around, blocks, dumped, heldAs, type Judgement} from './findings.js';

/** Character devices without a state of their own, which CRIU opens again. */
const plainDevices = new Set(['null', 'zero', 'full', 'random', 'urandom'].map((name) => `/dev/${name}`));

export function judgeDevice({target, hidden}: FdSnapshot): Judgement {
	return plainDevices.has(target) && !hidden ? dumped : heldAs('device');
}

/** Both ends inside: CRIU makes the pair anew. Else it is the terminal that somebody started the service on. */
export function judgeTerminal(_fd: FdSnapshot, {fds}: Around): Judgement {
	return fds.some(({target}) => /^\/dev\/(?:pts\/)?ptmx$/.test(target)) ? dumped : heldAs('tty');
}

/** Anonymous inodes of kernel interfaces that CRIU knows, beside those that have a kind of their own. */
const knownToCriu = /^anon_inode:\[?fanotify/;
/** They belong to the memory of the process that made them. */
const boundToMemory = /^anon_inode:\[?(?:userfaultfd|kvm-)/;

export function judgeOther({target}: FdSnapshot): Judgement {
	if (boundToMemory.test(target)) return blocks('bound-to-memory');
	return knownToCriu.test(target) ? dumped : heldAs('other');
}
