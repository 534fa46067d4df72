import {noteOwnChange} from './changes.js';
import type {FdKind, FdSnapshot, ProcessSnapshot, Snapshot, SocketSnapshot, TimerFd} from './model.js';
import {flagChange, isFrozen, isNumbered, mattersAfterOpen, pathOf} from './normalise.js';
import {agreedWhenFrozen, note, type Pair, processIn} from './pair.js';

/**
 * Every descriptor must be there and be the same open file. Sockets and pipes that CRIU makes anew get a new
 * inode; held ones keep it.
 */
export function compareFds(pair: Pair, before: ProcessSnapshot, after: ProcessSnapshot): void {
	const path = `processes/${before.pid}/fds`;
	const later = new Map(after.fds.map((fd) => [fd.fd, fd]));
	// Old inode → new inode: descriptors that shared a pipe or a socket must share the new one.
	const renumbered = new Map<number, number>();
	for (const fd of before.fds) {
		const match = later.get(fd.fd);
		later.delete(fd.fd);
		const held = isHeld(pair, fd) || match?.held === true;
		if (match === undefined) {
			noteMissing(pair, `${path}/${fd.fd}`, before.pid, fd, held);
		} else if (isSameFile(fd, match)) {
			compareInode(pair, `${path}/${fd.fd}`, fd, match, held, renumbered);
			compareState(pair, `${path}/${fd.fd}`, before.pid, fd, match, held);
		} else {
			noteReplaced(pair, `${path}/${fd.fd}`, before.pid, fd, match, held);
		}
	}
	for (const fd of later.values()) {
		noteExtra(pair, `${path}/${fd.fd}`, before.pid, fd);
	}
}

/** Sockets of bus connections are held, also where the snapshot was taken before the hold, unless they were made anew. */
function isHeld(pair: Pair, fd: FdSnapshot): boolean {
	if (pair.renewed.has(fd.inode ?? 0)) return false;
	return fd.held === true || pair.before.connections.some((bus) => bus.inode === fd.inode);
}

function isSameFile(before: FdSnapshot, after: FdSnapshot): boolean {
	if (isUntold(before) || isUntold(after)) {
		return true;
	}
	if (before.kind !== after.kind) {
		return false;
	}
	if (isNumbered(before) || nameless.has(before.kind) || before.target === '' || after.target === '') {
		return true;
	}
	return pathOf(before.target) === pathOf(after.target);
}

/** CRIU keeps nothing of a descriptor that was given to it as external. */
const isUntold = ({kind, target}: FdSnapshot): boolean => kind === 'other' && target === '';
/** Kinds of which the kernel's text names nothing but the kind, in words that changed between versions. */
const nameless = new Set<FdKind>([
	'epoll',
	'eventfd',
	'timerfd',
	'signalfd',
	'inotify',
	'pidfd',
	'io_uring',
	'other',
]);

function noteMissing(pair: Pair, path: string, pid: number, fd: FdSnapshot, held: boolean): void {
	const values = [fd.target, null] as const;
	if (pair.ranOn && fdIn(pair.witness, pid, fd.fd) !== undefined) {
		if (held) {
			note(pair, path, values, 'changed', 'held-closed', {});
		} else {
			note(pair, path, values, 'expected', 'ended-after', {what: 'fd'});
		}
	} else if (!held && absentWhenFrozen(pair, pid, fd.fd)) {
		note(pair, path, values, 'expected', 'ran-before-freeze', {});
	} else {
		note(pair, path, values, 'broken', 'lost', {what: 'fd'});
	}
}

function noteExtra(pair: Pair, path: string, pid: number, fd: FdSnapshot): void {
	const values = [null, fd.target] as const;
	if (pair.ranOn) {
		note(pair, path, values, 'expected', 'added-after', {what: 'fd'});
	} else if (agreedWhenFrozen(pair, (snapshot) => fdIn(snapshot, pid, fd.fd)?.kind)) {
		note(pair, path, values, 'expected', 'ran-before-freeze', {});
	} else {
		note(pair, path, values, 'changed', 'extra', {what: 'fd'});
	}
}

function noteReplaced(
	pair: Pair,
	path: string,
	pid: number,
	before: FdSnapshot,
	after: FdSnapshot,
	held: boolean,
): void {
	const values = [before.target, after.target] as const;
	const proven = fdIn(pair.witness, pid, before.fd);
	if (!held && pair.ranOn && proven !== undefined && isSameFile(before, proven)) {
		note(pair, path, values, 'expected', 'runs-on', {});
	} else if (!held && agreedWhenFrozen(pair, (snapshot) => identity(fdIn(snapshot, pid, before.fd)))) {
		note(pair, path, values, 'expected', 'ran-before-freeze', {});
	} else {
		note(pair, path, values, 'broken', 'fd-replaced', {});
	}
}

const identity = (fd: FdSnapshot | undefined): string =>
	fd === undefined
		? ''
		: isNumbered(fd) || nameless.has(fd.kind)
			? fd.kind
			: `${fd.kind} ${pathOf(fd.target)}`;

function compareInode(
	pair: Pair,
	path: string,
	before: FdSnapshot,
	after: FdSnapshot,
	held: boolean,
	renumbered: Map<number, number>,
): void {
	if (!isNumbered(before) || before.inode === undefined || after.inode === undefined) {
		return;
	}
	const values = [before.inode, after.inode] as const;
	const known = renumbered.get(before.inode);
	renumbered.set(before.inode, after.inode);
	if (known !== undefined && known !== after.inode && !pair.ranOn) {
		note(pair, `${path}/inode`, values, 'broken', 'inode-split', {});
	} else if (before.inode !== after.inode && held) {
		note(pair, `${path}/inode`, values, 'broken', 'held-inode-changed', {});
	} else if (before.inode !== after.inode) {
		note(pair, `${path}/inode`, values, 'expected', 'new-inode', {});
	}
}

function compareState(
	pair: Pair,
	path: string,
	pid: number,
	before: FdSnapshot,
	after: FdSnapshot,
	held: boolean,
): void {
	const flags = flagChange(before.flags, after.flags);
	if (flags !== undefined) {
		const params = {set: flags.set.join(' '), cleared: flags.cleared.join(' ')};
		const values = [before.flags, after.flags] as const;
		if (mattersAfterOpen(flags)) {
			note(pair, `${path}/flags`, values, 'broken', 'flags-changed', params);
		} else {
			note(pair, `${path}/flags`, values, 'expected', 'open-only-flags', params);
		}
	}
	if (before.pos !== undefined && after.pos !== undefined && before.pos !== after.pos) {
		const values = [before.pos, after.pos] as const;
		if (pair.ranOn) {
			note(pair, `${path}/pos`, values, 'expected', 'runs-on', {});
		} else if (agreedWhenFrozen(pair, (snapshot) => fdIn(snapshot, pid, before.fd)?.pos)) {
			note(pair, `${path}/pos`, values, 'expected', 'ran-before-freeze', {});
		} else {
			note(pair, `${path}/pos`, values, 'broken', 'position-changed', {});
		}
	}
	// What is held goes on meanwhile: timers run out, others write.
	if (!held) compareContent(pair, path, pid, before, after);
	if (before.socket !== undefined && after.socket !== undefined) {
		compareOptions(pair, `${path}/socket/options`, pid, before, after, held);
		compareSocket(pair, `${path}/socket`, before.socket, after.socket, held);
	}
}

/** What a descriptor counts, watches or waits for, as texts. */
const content: Record<string, (fd: FdSnapshot) => string | undefined> = {
	watches: ({watches}) => watches?.map(({fd, events, data}) => `${fd}:${events}/${data}`).join(' '),
	count: ({count}) => count,
	signals: ({signals}) => signals,
	// The time left changes all the time.
	timer: ({timer}) =>
		timer && `clock ${timer.clock} ${isArmed(timer) ? 'armed' : 'idle'} every ${timer.interval} s`,
	// Nobody need run for one that repeats to tick again.
	'timer/ticks': ({timer}) => timer && (timer.interval > 0 ? String(timer.ticks > 0) : `${timer.ticks}`),
};

/** A repeating one with ticks that nobody has read counts as idle to the kernel until they are. */
const isArmed = ({value, ticks, interval}: TimerFd): boolean => value > 0 || (ticks > 0 && interval > 0);

function compareContent(pair: Pair, path: string, pid: number, before: FdSnapshot, after: FdSnapshot): void {
	for (const [property, textOf] of Object.entries(content)) {
		const read = (snapshot: Snapshot) => {
			const fd = fdIn(snapshot, pid, before.fd);
			return fd && textOf(fd);
		};
		noteOwnChange(pair, `${path}/${property}`, [textOf(before), textOf(after)], read, {
			reason: 'fd-content-changed',
			params: {},
		});
	}
	const {timer} = after;
	if (pair.after.moment === 'image' && timer && timer.ticks > 0 && timer.interval > 0 && timer.value === 0) {
		note(pair, `${path}/timer/stops`, [timer.interval, null], 'changed', 'timer-stops', {});
	}
}

/**
 * CRIU sets these anew for internet sockets only, and those that are connected it leaves with what it needed itself to
 * bind them; the kernel keeps them for all and heeds them when a socket is bound.
 */
const ofBinding = new Set(['SO_REUSEADDR', 'SO_REUSEPORT']);

const isBoundForGood = (socket: SocketSnapshot | undefined): boolean =>
	socket?.family === 'unix' || (socket?.type === 'stream' && socket.peer !== undefined);

/** Options that both moments tell. The image lacks some, and quick looks lack all. */
function compareOptions(
	pair: Pair,
	path: string,
	pid: number,
	before: FdSnapshot,
	after: FdSnapshot,
	held: boolean,
): void {
	for (const [option, was] of Object.entries(before.socket?.options ?? {})) {
		const read = (snapshot: Snapshot) =>
			fdIn(snapshot, pid, before.fd)?.socket?.options?.[option]?.toString();
		// Images cannot prove that the restore set it: only a look at the restored process does.
		const proven = pair.ranOn && pair.witness !== undefined && read(pair.witness) === String(was);
		const is = after.socket?.options?.[option];
		if (is === undefined || is === was) continue;
		if (!held && isBoundForGood(before.socket) && ofBinding.has(option)) {
			note(pair, `${path}/${option}`, [was, is], 'expected', 'option-without-effect', {option});
		} else if (proven && !isFrozen(pair.before.moment) && pair.witness?.moment !== 'image') {
			note(pair, `${path}/${option}`, [was, is], 'expected', 'runs-on', {});
		} else if (!pair.ranOn && agreedWhenFrozen(pair, read)) {
			note(pair, `${path}/${option}`, [was, is], 'expected', 'ran-before-freeze', {});
		} else {
			note(pair, `${path}/${option}`, [was, is], 'broken', 'socket-option-changed', {option});
		}
	}
}

function compareSocket(
	pair: Pair,
	path: string,
	before: SocketSnapshot,
	after: SocketSnapshot,
	held: boolean,
): void {
	if (before.name !== after.name && before.name !== undefined && after.name !== undefined) {
		note(pair, `${path}/name`, [before.name, after.name], 'broken', 'socket-name-changed', {});
	}
	// Images name states and peers in their own way; live views are what can be compared.
	if (isFrozen(pair.before.moment) || pair.after.moment === 'image') {
		return;
	}
	if (before.state !== after.state && before.state !== '' && after.state !== '') {
		note(pair, `${path}/state`, [before.state, after.state], 'changed', 'socket-state-changed', {});
	}
	const [peer, laterPeer] = [before.peer?.inode, after.peer?.inode];
	if (held && peer !== undefined && peer !== laterPeer) {
		note(pair, `${path}/peer`, [peer, laterPeer], 'broken', 'peer-changed', {});
	}
	for (const queue of ['unread', 'unsent'] as const) {
		const [was, is] = [before[queue], after[queue]];
		if (was !== undefined && is !== undefined && was !== is) {
			note(pair, `${path}/${queue}`, [was, is], 'expected', 'bytes-waiting', {});
		}
	}
}

function fdIn(snapshot: Snapshot | undefined, pid: number, fd: number): FdSnapshot | undefined {
	return processIn(snapshot, pid)?.fds.find((candidate) => candidate.fd === fd);
}

function absentWhenFrozen(pair: Pair, pid: number, fd: number): boolean {
	const views = pair.frozenViews;
	return (
		views !== undefined &&
		fdIn(views.image, pid, fd) === undefined &&
		fdIn(views.preResume, pid, fd) === undefined
	);
}
