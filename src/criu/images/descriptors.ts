import type {FdKind, FdSnapshot, SocketSnapshot} from '../../context/model.js';
import {isExternalName} from '../held.js';
import {type Decoded, text} from './protobuf.js';
import type {fdinfo, file} from './schema.js';
import {optionsOf} from './socket-options.js';

type FileEntry = Decoded<typeof file>;

/** What files.img and memfd.img say, by their ids. */
export interface FileTables {
	files: Map<number, FileEntry>;
	memfdNames: Map<number, string>;
}

/** One open file in the words of /proc, so that both can be compared. Flags or text it does not tell are empty. */
type Described = Omit<FdSnapshot, 'fd' | 'flags'> & {flags: number | undefined};

const closeOnExec = 0o2000000;

/** One row of fdinfo-N.img with its entry of files.img (undefined: the image does not have it). */
export function describeFd(
	row: Decoded<typeof fdinfo>,
	entry: FileEntry | undefined,
	tables: FileTables,
): FdSnapshot {
	const {flags, ...rest} = entry === undefined ? unknown : describeFile(entry, tables);
	if (flags === undefined) {
		return {fd: row.fd ?? -1, ...rest, flags: ''};
	}
	// fdinfo in /proc shows FD_CLOEXEC as O_CLOEXEC among the file's flags, behind one leading zero.
	const all = flags | ((row.flags ?? 0) & 1 ? closeOnExec : 0);
	return {fd: row.fd ?? -1, ...rest, flags: `0${all.toString(8)}`};
}

const unknown: Described = {kind: 'other', target: '', flags: undefined};

function describeFile(entry: FileEntry, {files, memfdNames}: FileTables): Described {
	if (entry.regular !== undefined) {
		const {flags = 0, pos = 0n, mode = 0, name} = entry.regular;
		if (isExternalName(text(name))) return unknown;
		const kind = kindOfMode(mode);
		return {
			kind,
			target: text(name),
			flags,
			...(kind === 'file' || kind === 'directory' ? {pos: Number(pos)} : {}),
		};
	}
	if (entry.unix !== undefined) {
		const {ino = 0, type = 0, state = 0, flags = 0, peer = 0, name} = entry.unix;
		const options = optionsOf(entry.unix.options);
		return socket(ino, flags, {
			family: 'unix',
			type: socketTypes[type] ?? String(type),
			state: socketStates[state] ?? String(state),
			...(name === undefined || name.length === 0 ? {} : {name: unixName(name)}),
			...(peer === 0 ? {} : {peer: {inode: peer}}),
			...(options === undefined ? {} : {options}),
		});
	}
	if (entry.inet !== undefined) {
		const {ino = 0, family = 0, type = 0, state = 0, flags = 0} = entry.inet;
		const options = optionsOf(entry.inet.options);
		return socket(ino, flags, {
			family: family === 10 ? 'inet6' : 'inet',
			type: socketTypes[type] ?? String(type),
			state: socketStates[state] ?? String(state),
			...(options === undefined ? {} : {options}),
		});
	}
	if (entry.netlink !== undefined) {
		const {ino = 0, flags = 0} = entry.netlink;
		return socket(ino, flags, {family: 'netlink', type: '', state: ''});
	}
	if (entry.packet !== undefined) {
		const {type = 0, flags = 0} = entry.packet;
		return {
			kind: 'socket',
			target: 'socket:',
			flags,
			socket: {family: 'packet', type: socketTypes[type] ?? '', state: ''},
		};
	}
	if (entry.pipe !== undefined) {
		const {pipeId = 0, flags = 0} = entry.pipe;
		return {kind: 'pipe', target: `pipe:[${pipeId}]`, flags, inode: pipeId};
	}
	if (entry.memfd !== undefined) {
		const {inodeId = 0, flags = 0, pos = 0n} = entry.memfd;
		return {
			kind: 'memfd',
			target: `/memfd:${memfdNames.get(inodeId) ?? ''} (deleted)`,
			flags,
			pos: Number(pos),
		};
	}
	if (entry.fifo !== undefined) {
		// A fifo's path and flags are those of the regular file behind it.
		const behind = files.get(entry.fifo.regularId ?? -1)?.regular;
		return {kind: 'fifo', target: text(behind?.name), flags: behind?.flags};
	}
	if (entry.pidfd !== undefined) {
		// Its entry keeps the flags of pidfd_open(), not those of the descriptor.
		return {kind: 'pidfd', target: 'anon_inode:[pidfd]', flags: undefined};
	}
	if (entry.tty !== undefined) {
		return {kind: 'tty', target: '', flags: entry.tty.flags ?? 0};
	}
	for (const [field, kind, name] of anonymous) {
		const found = entry[field];
		if (found !== undefined) {
			return {kind, target: `anon_inode:${name}`, flags: found.flags ?? 0, ...stateOf(entry)};
		}
	}
	return unknown;
}

/** What it counts, watches or waits for. */
function stateOf({
	epoll,
	eventfd,
	signalfd,
	timerfd,
}: FileEntry): Pick<FdSnapshot, 'watches' | 'count' | 'timer' | 'signals'> {
	if (epoll !== undefined) {
		const watches = epoll.watches.map(({fd = -1, events = 0, data = 0n}) => ({
			fd,
			events: `0x${events.toString(16)}`,
			data: `0x${data.toString(16)}`,
		}));
		return {watches: watches.sort((one, other) => one.fd - other.fd)};
	}
	if (eventfd?.count !== undefined) return {count: eventfd.count.toString()};
	if (signalfd?.signals !== undefined) return {signals: `0x${signalfd.signals.toString(16)}`};
	if (timerfd === undefined) return {};
	return {
		timer: {
			clock: timerfd.clock ?? 0,
			ticks: Number(timerfd.ticks ?? 0n),
			flags: timerfd.setFlags ?? 0,
			value: Number(timerfd.seconds ?? 0n) + Number(timerfd.nanoseconds ?? 0n) / 1e9,
			interval: Number(timerfd.intervalSeconds ?? 0n) + Number(timerfd.intervalNanoseconds ?? 0n) / 1e9,
		},
	};
}

const anonymous = [
	['eventfd', 'eventfd', '[eventfd]'],
	['epoll', 'epoll', '[eventpoll]'],
	['signalfd', 'signalfd', '[signalfd]'],
	['timerfd', 'timerfd', '[timerfd]'],
	['inotify', 'inotify', 'inotify'],
	['fanotify', 'other', '[fanotify]'],
] as const satisfies ReadonlyArray<readonly [keyof FileEntry, FdKind, string]>;

function socket(inode: number, flags: number, snapshot: SocketSnapshot): Described {
	return {kind: 'socket', target: `socket:[${inode}]`, flags, inode, socket: snapshot};
}

/** S_IFMT of stat(2). */
function kindOfMode(mode: number): FdKind {
	switch (mode & 0o170000) {
		case 0o040000:
			return 'directory';
		case 0o020000:
		case 0o060000:
			return 'device';
		case 0o010000:
			return 'fifo';
		default:
			return 'file';
	}
}

/** include/linux/net.h. */
const socketTypes: Record<number, string> = {1: 'stream', 2: 'dgram', 3: 'raw', 5: 'seqpacket'};
/** include/net/tcp_states.h; unix sockets use the same numbers. */
const socketStates: Record<number, string> = {1: 'established', 7: 'unconnected', 10: 'listening'};

/** An abstract name begins with NUL and may contain more; a path ends with one. */
function unixName(name: Uint8Array): string {
	return name[0] === 0 ? `@${text(name.subarray(1)).replaceAll('\0', '@')}` : text(name).replace(/\0+$/, '');
}
