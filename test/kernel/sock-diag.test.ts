import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fstatSync, mkdtempSync, rmSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {closeFd} from '../../src/kernel/descriptor.js';
import {inNetworkNamespaceOf, networkNamespace} from '../../src/kernel/network-namespace.js';
import {listInetSockets, listUnixSockets} from '../../src/kernel/sock-diag.js';
import {socketPair} from '../../src/kernel/socket.js';
import {sendWithFds} from '../../src/kernel/socket-messages.js';

test('a socket pair: each is the other one’s peer, and what waits is counted', (t) => {
	const [ours, theirs] = socketPair('seqpacket');
	t.teardown(() => {
		closeFd(ours);
		closeFd(theirs);
	});
	sendWithFds(ours, Buffer.from('12345'));
	const inodes = [ours, theirs].map((fd) => fstatSync(fd).ino);
	const all = listUnixSockets();
	const [first, second] = inodes.map((inode) => all.find((socket) => socket.inode === inode));
	t.like(first, {type: 'seqpacket', state: 'established', peerInode: inodes[1] ?? 0, unread: 0});
	t.like(second, {peerInode: inodes[0] ?? 0, unread: 5});
	t.true((first?.unsent ?? 0) > 0);
	t.is(first?.name, undefined);
});

test('servers by path and by abstract name; agrees with ss', async (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'sock-diag-'));
	t.teardown(() => rmSync(folder, {recursive: true}));
	const names = [join(folder, 'socket'), `\0dbusfreeze-test-${process.pid}`];
	for (const name of names) {
		const server = createServer();
		server.listen(name);
		await once(server, 'listening');
		t.teardown(() => server.close());
		const client = connect(name);
		await once(client, 'connect');
		t.teardown(() => client.destroy());
	}
	const sockets = listUnixSockets();
	for (const name of [names[0] ?? '', `@dbusfreeze-test-${process.pid}`]) {
		const ofName = sockets.filter((socket) => socket.name === name);
		t.true(ofName.some(({state}) => state === 'listening'));
		const accepted = ofName.find(({state}) => state === 'established');
		const client = sockets.find(({inode}) => inode === accepted?.peerInode);
		t.is(client?.peerInode, accepted?.inode);
	}
	const ss = spawn('ss', ['-xaH']);
	let text = '';
	ss.stdout.on('data', (chunk) => {
		text += chunk;
	});
	await once(ss, 'close');
	const seen = text
		.split('\n')
		.filter((line) => line.includes(folder))
		.map((line) => line.trim().split(/\s+/));
	t.is(seen.length, 2);
	for (const [, , , , name, inode, , peer] of seen) {
		const socket = sockets.find((one) => one.inode === Number(inode));
		t.is(socket?.name, name);
		t.is(socket?.peerInode ?? 0, Number(peer));
	}
});

test('a TCP connection, both ends', async (t) => {
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	const address = server.address();
	const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
	const client = connect(port, '127.0.0.1');
	await once(client, 'connect');
	t.teardown(() => client.destroy());
	const sockets = listInetSockets();
	t.true(sockets.some(({name, state}) => name === `127.0.0.1:${port}` && state === 'listening'));
	const ours = sockets.find(({peerName}) => peerName === `127.0.0.1:${port}`);
	t.like(ours, {family: 'inet', type: 'stream', state: 'established'});
	t.is(ours?.name, `127.0.0.1:${client.localPort}`);
});

test('sockets of another network namespace are listed from inside it, and we come back', async (t) => {
	if (process.getuid?.() !== 0) {
		t.pass('needs root');
		return;
	}
	const name = `@other-${process.pid}`;
	const server = `require('net').createServer().listen('\\0${name.slice(1)}', () => console.log('ready'))`;
	const child = spawn('unshare', ['--net', process.execPath, '-e', server], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	t.teardown(() => child.kill('SIGKILL'));
	await once(child.stdout, 'data');
	const home = networkNamespace('self');
	t.not(networkNamespace(child.pid ?? 0), home);
	const isListed = () => listUnixSockets().some((socket) => socket.name === name);
	t.false(isListed());
	t.true(inNetworkNamespaceOf(child.pid ?? 0, isListed));
	t.false(isListed());
	t.throws(() =>
		inNetworkNamespaceOf(child.pid ?? 0, () => {
			throw new Error('inside');
		}),
	);
	t.is(networkNamespace('self'), home);
	t.false(isListed());
});
