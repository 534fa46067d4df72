import type {FdSnapshot, ProcessSnapshot} from '../context/model.js';
import {closeFd} from '../kernel/descriptor.js';
import {isSameDescription} from '../kernel/kcmp.js';
import {duplicateFd, openPidfd} from '../kernel/pidfd.js';
import {infoField} from '../process/fd-state.js';
import {type ExternalFile, type HeldKind, inventedInode, type Remake} from '../process/held.js';
import {isJournalStream} from '../process/journal.js';
import {readText} from '../process/read.js';

/** A descriptor of the tree that must stay open while the tree is frozen, mostly because its other end is outside of it. */
export interface OutsideEnd {
	kind: HeldKind;
	/** CRIU is shown something else in its place, because it can dump it not at all or not as it is. */
	isExternal?: boolean;
	/** 0 where it has none of its own. */
	inode: number;
	/** One of the descriptors in the tree that refer to it. */
	pid: number;
	fd: number;
	/** Process at the other end, 0 where unknown. */
	peerPid: number;
	/** Of a listener: where clients look for it; absent if its name is abstract. Of a file: its name. */
	path?: string;
	/** A new one is as good as this one. */
	remake?: Remake;
	/** For people: the other end's process and socket name, unescaped. */
	peer: string;
}

export interface HeldEnd extends OutsideEnd {
	/** Our duplicate of it. Never wrap it in a Node stream: O_NONBLOCK lives on the shared description. */
	ourFd: number;
	/** As what CRIU sees it, where it must not see what it is. */
	external?: ExternalFile;
}

/**
 * Which descriptors to hold: connected unix stream and seqpacket sockets whose peer is outside the tree, pipes of
 * which only one end is inside, and listening unix sockets, so that clients that come meanwhile wait. Datagram sockets are left to CRIU, which reconnects them by path
 * (holding one makes the restore hang). One entry for each inode, however many descriptors refer to it.
 */
export function outsideEnds(processes: readonly ProcessSnapshot[]): OutsideEnd[] {
	const all = processes.flatMap((p) => p.fds.map((fd) => ({pid: p.pid, fd})));
	const insideSockets = new Set(all.flatMap(({fd}) => (fd.kind === 'socket' && fd.inode ? [fd.inode] : [])));
	const pipeEnds = new Map<number, Set<'read' | 'write'>>();
	for (const {fd} of all) {
		if (fd.kind !== 'pipe' || !fd.inode) continue;
		const ends = pipeEnds.get(fd.inode) ?? new Set();
		for (const end of endsOf(fd)) ends.add(end);
		pipeEnds.set(fd.inode, ends);
	}
	const found = new Map<number, OutsideEnd>();
	for (const {pid, fd} of all) {
		if (!fd.inode || found.has(fd.inode)) continue;
		if (isListening(fd) || isOutsideSocket(fd, insideSockets))
			found.set(fd.inode, {
				kind: isListening(fd) ? 'listener' : 'socket',
				inode: fd.inode,
				pid,
				fd: fd.fd,
				peerPid: fd.socket?.peer?.pid ?? 0,
				peer: peerText(fd),
				...(isJournalStream(fd.socket?.peer?.name) ? {remake: 'journal' as const} : {}),
				...(isListening(fd) && fd.socket?.name?.startsWith('/') ? {path: fd.socket.name} : {}),
			});
		else if (fd.kind === 'pipe' && pipeEnds.get(fd.inode)?.size === 1)
			found.set(fd.inode, {
				kind: 'pipe',
				inode: fd.inode,
				pid,
				fd: fd.fd,
				peerPid: 0,
				peer: endsOf(fd).includes('write') ? 'reader' : 'writer',
			});
	}
	return [...found.values()];
}

/**
 * Duplicates each end into this process. From then on the other side sees no hang-up, whatever becomes of the
 * tree. All or nothing: if one cannot be had (SystemCallError), those already held are let go.
 */
export function hold(ends: readonly OutsideEnd[]): HeldEnd[] {
	const pidfds = new Map<number, number>();
	const held: HeldEnd[] = [];
	try {
		for (const end of ends) {
			const pidfd = pidfds.get(end.pid) ?? openPidfd(end.pid);
			pidfds.set(end.pid, pidfd);
			const one = asHeld(end, duplicateFd(pidfd, end.fd), held.length);
			// Descriptors that share one open file have different numbers, and often no inode to know them by.
			const isKnown = held.some(({external, ourFd}) => external && isSameDescription(ourFd, one.ourFd));
			if (one.external && isKnown) closeFd(one.ourFd);
			else held.push(one);
		}
		return held;
	} catch (error) {
		letGo(held);
		throw error;
	} finally {
		for (const pidfd of pidfds.values()) closeFd(pidfd);
	}
}

function asHeld(end: OutsideEnd, ourFd: number, index: number): HeldEnd {
	if (!end.isExternal) return {...end, ourFd};
	const invented = inventedInode(index);
	const mount = Number(infoField(readText(`/proc/self/fdinfo/${ourFd}`) ?? '', 'mnt_id') ?? 0);
	return {...end, inode: end.inode || invented, ourFd, external: {mount, inode: invented}};
}

/** Closes our duplicates. If the tree does not have them (any more), the other side now sees a hang-up. */
export function letGo(held: readonly HeldEnd[]): void {
	for (const {ourFd} of held) closeFd(ourFd);
}

function isListening({kind, socket}: FdSnapshot): boolean {
	return kind === 'socket' && socket?.family === 'unix' && socket.state === 'listening';
}

function isOutsideSocket({kind, socket}: FdSnapshot, inside: ReadonlySet<number>): boolean {
	if (kind !== 'socket' || socket?.family !== 'unix') return false;
	if (socket.type !== 'stream' && socket.type !== 'seqpacket') return false;
	if (socket.state !== 'connected' && socket.state !== 'established') return false;
	const peer = socket.peer?.inode;
	return peer === undefined || !inside.has(peer);
}

/** F_GETFL's access mode: 0 O_RDONLY, 1 O_WRONLY, 2 O_RDWR. */
function endsOf({flags}: FdSnapshot): Array<'read' | 'write'> {
	const mode = Number.parseInt(flags, 8) & 3;
	return mode === 0 ? ['read'] : mode === 1 ? ['write'] : ['read', 'write'];
}

function peerText({socket}: FdSnapshot): string {
	const peer = socket?.peer;
	return [peer?.comm, peer?.name ?? socket?.name].filter(Boolean).join(' ') || 'unknown';
}
