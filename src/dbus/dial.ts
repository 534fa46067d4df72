import net from 'node:net';
import path from 'node:path';
import {readText} from '../process/read.js';
import type {BusPlace, Endpoint} from './address.js';
import {throughProgram} from './exec-transport.js';

/** Where reads go to. */
export type ReadTarget = NonNullable<net.SocketConstructorOpts['onread']>;

/** A listening socket, in the flags column of /proc/net/unix (`__SO_ACCEPTCON`). */
const listening = 0x10000;

/** Places that can be dialled: a folder stands for the sockets in it, the newest first. */
export function resolvePlace(place: BusPlace, env: NodeJS.ProcessEnv): BusPlace[] {
	const {endpoint} = place;
	const at = (file: string): BusPlace => ({...place, endpoint: {kind: 'unix', path: file}});
	if (endpoint.kind === 'runtime') {
		return [at(path.join(env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.() ?? 0}`, 'bus'))];
	}
	return endpoint.kind === 'dir' ? socketsIn(endpoint.dir).map(at) : [place];
}

/** Servers call their sockets `dbus-` and some random letters; those of `tmpdir=` may be abstract. */
function socketsIn(dir: string): string[] {
	const prefix = path.join(dir, 'dbus-');
	const rows = (readText('/proc/net/unix') ?? '').split('\n').slice(1);
	return rows
		.map((row) => /^\S+: \S+ \S+ (?<flags>\S+) \S+ \S+ +(?<inode>\d+) (?<name>.+)$/.exec(row)?.groups)
		.filter((socket) => socket !== undefined && (Number.parseInt(socket.flags ?? '', 16) & listening) !== 0)
		.map((socket) => ({inode: Number(socket?.inode), name: socket?.name ?? ''}))
		.filter(({name}) => name.startsWith(prefix) || name.startsWith(`@${prefix}`))
		.sort((a, b) => b.inode - a.inode)
		.map(({name}) => (name.startsWith('@') ? `\0${name.slice(1)}` : name));
}

/**
 * Begins to connect; the socket tells how it goes on. With `uid` a unix socket is connected under that effective
 * uid, since the daemon believes only what the kernel recorded then.
 */
export function dial(endpoint: Endpoint, uid: number | undefined, onread: ReadTarget): net.Socket {
	switch (endpoint.kind) {
		case 'tcp': {
			const {host, port, family} = endpoint;
			return net.connect({host, port, onread, noDelay: true, ...(family === undefined ? {} : {family})});
		}
		case 'exec':
			return throughProgram(endpoint, uid, onread);
		case 'unix':
			return asUser(uid, () => net.connect({path: endpoint.path, onread}));
		default:
			throw new Error(`${endpoint.kind} is no place to dial`);
	}
}

/**
 * Runs `connect` with another effective uid. libuv calls connect(2) inside `net.connect` for a unix path, so
 * nothing of ours can run in between.
 */
function asUser(uid: number | undefined, connect: () => net.Socket): net.Socket {
	const own = process.geteuid?.() ?? 0;
	if (uid === undefined || uid === own || own !== 0) return connect();
	process.seteuid?.(uid);
	try {
		return connect();
	} finally {
		process.seteuid?.(own);
	}
}
