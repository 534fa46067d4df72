import type {FdKind, FdSnapshot} from '../../context/model.js';
import {judgeDevice, judgeOther, judgeTerminal} from './devices.js';
import {judgeFifo, judgeFile} from './files.js';
import {type Around, blocks, changes, dumped, heldAs, type Judgement} from './findings.js';
import {judgeSocket} from './sockets.js';
import {judgeTimer} from './timers.js';

const asItIs = (): Judgement => dumped;

/** What becomes of a descriptor of each kind. Pipes are judged by `outsideEnds` alone. */
export const judges: Readonly<Record<FdKind, (fd: FdSnapshot, around: Around) => Judgement>> = {
	file: judgeFile,
	directory: judgeFile,
	socket: judgeSocket,
	pipe: asItIs,
	fifo: judgeFifo,
	tty: judgeTerminal,
	device: judgeDevice,
	memfd: asItIs,
	epoll: asItIs,
	eventfd: asItIs,
	timerfd: judgeTimer,
	signalfd: asItIs,
	inotify: ({hidden}) => (hidden ? heldAs('inotify') : changes('hears-nothing')),
	pidfd: ({ofPid = -1}, {tree}) => (ofPid > 0 && !tree.has(ofPid) ? heldAs('pidfd') : dumped),
	io_uring: () => blocks('io-uring'),
	other: judgeOther,
};

/** What `--hold all` leaves to CRIU: it belongs to the process that made it, or to mapped memory. */
const neverHeld = new Set<FdKind>(['epoll', 'signalfd', 'io_uring', 'memfd']);

/** Everything that can be held as it is. */
export function judgeForAll(fd: FdSnapshot, around: Around): Judgement {
	const judged = judges[fd.kind](fd, around);
	if (judged.class === 'blocks' || judged.class === 'held') return judged;
	if (neverHeld.has(fd.kind) || around.mapped.has(fd.target)) return judged;
	return heldAs(kindOf(fd));
}

function kindOf({kind, socket}: FdSnapshot) {
	if (kind === 'socket' && socket?.family.startsWith('inet')) return socket.type === 'stream' ? 'tcp' : 'udp';
	if (kind === 'socket' && socket?.family === 'netlink') return 'netlink';
	return kind === 'epoll' || kind === 'signalfd' || kind === 'io_uring' ? 'other' : kind;
}
