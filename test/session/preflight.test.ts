import test from 'ava';
import type {FdSnapshot, ProcessSnapshot, Snapshot} from '../../src/context/model.js';
import {type Capabilities, preflight} from '../../src/session/preflight.js';

const we: Capabilities = {
	uid: 0,
	sysResource: false,
	namespaces: {mnt: 'mnt:[1]', net: 'net:[2]', time: 'time:[3]'},
};

function tree(fds: FdSnapshot[], more: Partial<ProcessSnapshot> = {}): Snapshot {
	const process = {
		pid: 10,
		ppid: 1,
		comm: 'svc',
		exe: '/svc',
		cmdline: ['/svc'],
		cwd: '/',
		threads: [],
		fds,
		...more,
	};
	return {version: 1, moment: 'before', takenAt: '', pid: 10, processes: [process], connections: []};
}

const socket = (fd: number, inode: number, peer: number | undefined): FdSnapshot => ({
	fd,
	kind: 'socket',
	target: `socket:[${inode}]`,
	flags: '02',
	inode,
	socket: {
		family: 'unix',
		type: 'stream',
		state: 'established',
		...(peer === undefined ? {} : {peer: {inode: peer, pid: 99, comm: 'daemon'}}),
	},
});

const blockers = (snapshot: Snapshot) => preflight(snapshot, we).blockers.map(({finding}) => finding);

test('sockets to the outside are held, both ends inside are not, each inode once', (t) => {
	const {held} = preflight(
		tree([socket(3, 100, 500), socket(4, 100, 500), socket(5, 101, 102), socket(6, 102, 101)]),
		we,
	);
	t.deepEqual(
		held.map(({inode, peerPid}) => [inode, peerPid]),
		[[100, 99]],
	);
});

test('listening sockets are held for those who connect meanwhile; datagram sockets are left to criu', (t) => {
	const listening = socket(3, 100, undefined);
	const datagram = socket(4, 101, 500);
	if (listening.socket) listening.socket.state = 'listening';
	if (datagram.socket) datagram.socket.type = 'dgram';
	const {held} = preflight(tree([listening, datagram]), we);
	t.deepEqual(
		held.map(({kind, inode}) => [kind, inode]),
		[['listener', 100]],
	);
});

test('a pipe with one end inside is held, one with both ends is not', (t) => {
	const pipe = (fd: number, inode: number, flags: string): FdSnapshot => ({
		fd,
		kind: 'pipe',
		target: '',
		flags,
		inode,
	});
	const {held} = preflight(tree([pipe(1, 7, '01'), pipe(3, 8, '00'), pipe(4, 8, '01')]), we);
	t.deepEqual(
		held.map(({kind, inode}) => [kind, inode]),
		[['pipe', 7]],
	);
});

test('what criu cannot dump blocks, with its cause', (t) => {
	const fd = (kind: FdSnapshot['kind'], target: string): FdSnapshot => ({fd: 5, kind, target, flags: '02'});
	const ring = fd('io_uring', 'anon_inode:[io_uring]');
	t.deepEqual(blockers(tree([ring, {...ring, fd: 6}])), ['io-uring'], 'once, however many rings');
	t.deepEqual(blockers(tree([fd('device', '/dev/fuse')])), ['device-open']);
	const pidfd = (ofPid: number) => ({...fd('pidfd', 'anon_inode:[pidfd]'), ofPid});
	t.deepEqual(blockers(tree([pidfd(999)])), ['foreign-pidfd']);
	t.deepEqual(blockers(tree([pidfd(10), pidfd(-1)])), [], 'its own, and one of a process that is no more');
	t.deepEqual(blockers(tree([fd('device', '/dev/null'), fd('file', '/var/log/x')])), []);
});

test('other namespaces block; a time namespace is what criu itself gives', (t) => {
	t.deepEqual(blockers(tree([], {namespaces: {mnt: 'mnt:[9]', net: 'net:[2]'}})), ['other-namespaces']);
	t.deepEqual(blockers(tree([], {namespaces: {mnt: 'mnt:[1]', time: 'time:[9]'}})), []);
});

test('another user needs CAP_SYS_RESOURCE', (t) => {
	const other = tree([], {credentials: {uid: 33, euid: 33, gid: 33, egid: 33, groups: []}});
	t.deepEqual(blockers(other), ['other-user']);
	t.deepEqual(preflight(other, {...we, sysResource: true}).blockers, []);
});
