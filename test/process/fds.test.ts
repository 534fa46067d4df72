import {once} from 'node:events';
import {closeSync, openSync, readFileSync, statSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {FdSnapshot} from '../../src/context/model.js';
import {readFds} from '../../src/process/fds.js';
import {snapshotProcesses} from '../../src/process/snapshot.js';
import {describeByDuplicate} from '../../src/process/socket-duplicate.js';
import {SocketTable} from '../../src/process/sockets.js';
import {processTree} from '../../src/process/tree.js';
import {compile, temporaryFolder} from '../support/compile.js';
import {eventually} from '../support/eventually.js';
import {runProgram} from '../support/run-program.js';

async function start(t: ExecutionContext) {
	const folder = temporaryFolder(t);
	const {pid, lines} = await runProgram(t, compile(t, 'test/process/programs/descriptors.c'), [folder]);
	const numbers = new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
	const snapshots = snapshotProcesses(pid);
	const fds = snapshots[0]?.fds ?? [];
	const get = (name: string): FdSnapshot => {
		const found = fds.find(({fd}) => fd === numbers.get(name));
		if (!found) throw new Error(`no ${name}`);
		return found;
	};
	return {folder, pid, numbers, snapshots, fds, get};
}

test('every kind of descriptor is known for what it is', async (t) => {
	const {folder, pid, get, fds} = await start(t);
	for (const kind of [
		'file',
		'directory',
		'fifo',
		'pipe',
		'device',
		'tty',
		'memfd',
		'epoll',
		'eventfd',
		'timerfd',
		'signalfd',
		'inotify',
		'pidfd',
	]) {
		t.is(get(kind).kind, kind as FdSnapshot['kind']);
	}
	t.deepEqual(get('file'), {
		fd: get('file').fd,
		kind: 'file',
		target: join(folder, 'file'),
		// O_RDWR | O_APPEND | O_LARGEFILE | O_CLOEXEC
		flags: '02102002',
		pos: 4,
		inode: statSync(join(folder, 'file')).ino,
	});
	t.like(get('deleted'), {kind: 'file', target: `${join(folder, 'deleted')} (deleted)`, pos: 0});
	t.like(get('memfd'), {target: '/memfd:scratch (deleted)', pos: 3});
	t.is(get('epoll').inode, undefined);
	t.true((get('pidfd').ofPid ?? 0) > 1);
	t.is(get('pipe').target, `pipe:[${get('pipe').inode}]`);
	t.is(get('fifo').inode, statSync(join(folder, 'fifo')).ino);
	t.is(get('pipe').pos, undefined);
	for (const {fd, flags} of fds) {
		t.true(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').includes(`flags:\t${flags}\n`));
	}
	t.deepEqual(
		fds.map(({fd}) => fd),
		fds.map(({fd}) => fd).sort((a, b) => a - b),
	);
});

test('sockets: family, type, state, names, what waits, and the peer', async (t) => {
	const {folder, pid, get} = await start(t);
	const inodes = ['pair', 'pair-peer'].map((name) => get(name).inode ?? 0);
	const [pair, peer] = ['pair', 'pair-peer'].map((name) => get(name).socket);
	const {options, ...plain} = pair ?? {};
	t.like(options, {SO_PASSCRED: 0, SO_RCVLOWAT: 1, SO_RCVTIMEO: 0});
	t.deepEqual(plain, {
		family: 'unix',
		type: 'seqpacket',
		state: 'established',
		unread: 5,
		unsent: 0,
		peer: {inode: inodes[1] ?? 0, pid, comm: 'descriptors'},
	});
	t.like(peer, {unread: 0, unsent: 5});
	t.is(peer?.peer?.inode, inodes[0]);
	t.like(get('server').socket, {
		family: 'unix',
		type: 'stream',
		state: 'listening',
		name: join(folder, 'server'),
	});
	t.like(get('tcp').socket, {family: 'inet', type: 'stream', state: 'listening'});
	t.regex(get('tcp').socket?.name ?? '', /^127\.0\.0\.1:\d+$/);
	t.like(get('netlink').socket, {family: 'netlink', type: 'raw', state: 'open'});
	t.is(get('udp').socket?.type, 'dgram');
});

test('the peer of a connection to another program: its pid, name and path', async (t) => {
	const path = join(temporaryFolder(t), 'socket');
	const server = createServer().listen(path);
	await once(server, 'listening');
	t.teardown(() => server.close());
	const script = `require('net').connect(${JSON.stringify(path)}).on('connect', () => console.log('ready'))`;
	const {pid} = await runProgram(t, process.execPath, ['-e', script]);
	const sockets = snapshotProcesses(pid)[0]?.fds.flatMap(({socket}) => socket ?? []) ?? [];
	const connection = sockets.find(({peer}) => peer?.name === path);
	t.like(connection, {family: 'unix', type: 'stream', state: 'established'});
	t.like(connection?.peer, {pid: process.pid, comm: readFileSync('/proc/self/comm', 'utf8').trim()});
});

test('a TCP connection', async (t) => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' ? address?.port : 0;
	t.teardown(() => server.close());
	const client = connect(port ?? 0, '127.0.0.1');
	await once(client, 'connect');
	t.teardown(() => client.destroy());
	const fd = readFds(process.pid)
		.fds.filter(({kind}) => kind === 'socket')
		.map((one) => new SocketTable().describe(process.pid, one.fd, one.inode ?? 0))
		.find((socket) => socket.peer?.name === `127.0.0.1:${port}`);
	t.like(fd, {family: 'inet', type: 'stream', state: 'established', name: `127.0.0.1:${client.localPort}`});
});

test('a service in its own network namespace: its own sockets and those it was handed', async (t) => {
	if (process.getuid?.() !== 0) {
		t.pass('needs root');
		return;
	}
	const path = join(temporaryFolder(t), 'server');
	const script = `
		const net = require('net');
		net.createServer().listen('\\0inside', () => net.connect('\\0inside').on('connect', () => console.log('ready')));
	`;
	const {pid} = await runProgram(t, 'unshare', ['--net', process.execPath, '-e', script, path]);
	const sockets = snapshotProcesses(pid)[0]?.fds.flatMap(({socket}) => socket ?? []) ?? [];
	t.true(sockets.some(({name, state}) => name === '@inside' && state === 'listening'));
	t.true(
		sockets.some(({peer, state}) => peer?.name === '@inside' && state === 'established' && peer.pid === pid),
	);
	// fd 1 is a socket or pipe of ours; sockets of ours are seen as well.
	t.false(sockets.some(({state}) => state === 'unseen'));
});

test('a socket of a third network namespace is unseen, not made up', async (t) => {
	if (process.getuid?.() !== 0) {
		t.pass('needs root');
		return;
	}
	// The inner program inherits fd 9 from a namespace that is neither ours nor its own.
	const inner = `exec unshare --net sh -c 'echo ready; exec sleep 1000'`;
	const script = `
		const server = require('net').createServer().listen('\\0third', () => {
			const stdio = ['ignore', 'inherit', 'inherit', server._handle];
			require('child_process').spawn('sh', ['-c', ${JSON.stringify(inner)}], {stdio});
		});
	`;
	const {pid} = await runProgram(t, 'unshare', ['--net', process.execPath, '-e', script]);
	const sleep = await eventually(() => processTree(pid).find(({comm}) => comm === 'sleep'));
	const fd = snapshotProcesses(sleep.pid)[0]?.fds.find((one) => one.fd === 3);
	t.like(fd?.socket, {family: 'unix', type: 'stream', state: 'unseen', name: '@third'});
});

test('a descriptor that is no socket any more is not seen as one', (t) => {
	const fd = openSync('/dev/null', 'r');
	t.teardown(() => closeSync(fd));
	t.is(describeByDuplicate(process.pid, fd).state, 'unseen');
	t.is(describeByDuplicate(process.pid, 9999).state, 'unseen');
});
