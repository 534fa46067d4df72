import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {connectRestored, unconnectedSocket} from '../../src/dbus/reconnect/connect-restored.js';
import {closeFd, O_NONBLOCK, setStatusFlags} from '../../src/kernel/descriptor.js';
import {readStat} from '../../src/kernel/proc-stat.js';
import {
	connectUnix,
	getSocketOptionBytes,
	newUnixSocket,
	peerCredentials,
	SOL_SOCKET,
	SocketOption,
} from '../../src/kernel/socket.js';
import {connectWithin} from '../../src/process/connect-within.js';
import {readText} from '../../src/process/read.js';
import {temporaryFolder} from '../support/compile.js';
import {eventually} from '../support/eventually.js';

// Processes can be made to connect on x86-64 only.
const onX64 = process.arch === 'x64' ? test : test.skip;
const number = 5;
const other = {uid: 4321, gid: 4322, groups: [7, 4323]};

/** A program that has a socket of ours under `number`. */
async function holder(t: ExecutionContext, command: string, ...args: string[]) {
	const fd = unconnectedSocket();
	const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'inherit', 'ignore', 'ignore', fd]});
	t.teardown(() => child.kill('SIGKILL'));
	t.teardown(() => closeFd(fd));
	const {pid = 0} = child;
	await eventually(() => readStat(pid)?.comm === command && readStat(pid)?.state === 'S');
	return {child, pid, fd};
}

async function listener(t: ExecutionContext, listen: net.ListenOptions) {
	const server = net.createServer().listen(listen);
	t.teardown(() => server.close());
	await once(server, 'listening');
	return server;
}

/** What the kernel has noted for the server's side. */
async function accepted(t: ExecutionContext, server: net.Server) {
	const [socket] = (await once(server, 'connection')) as [net.Socket & {_handle: {fd: number}}];
	t.teardown(() => socket.destroy());
	const {fd} = socket._handle;
	const groups = getSocketOptionBytes(fd, SOL_SOCKET, SocketOption.peerGroups, 256);
	const ids = Array.from({length: groups.length / 4}, (_, index) => groups.readUInt32LE(index * 4));
	return {...peerCredentials(fd), groups: ids};
}

const facts = (pid: number) =>
	(readText(`/proc/${pid}/status`) ?? '')
		.split('\n')
		.filter((line) => /^(Uid|Gid|Groups|Cap|Sig[BIC])/.test(line));

for (const [kind, place] of [
	['a path', (dir: string) => path.join(dir, 'socket')],
	['an abstract name', (dir: string) => `\0${dir}/socket`],
] as const) {
	onX64(`a process connects to ${kind} as another user, and is who it was`, async (t) => {
		const dir = temporaryFolder(t);
		const server = await listener(t, {path: place(dir)});
		const {pid, child} = await holder(t, 'cat');
		const before = facts(pid);
		fs.chmodSync(dir, 0o711);
		if (fs.existsSync(place(dir))) fs.chmodSync(place(dir), 0o777);
		const seen = accepted(t, server);
		connectWithin(pid, number, place(dir), other);
		t.deepEqual(await seen, {pid, ...other});
		t.deepEqual(facts(pid), before);
		child.stdin?.end('still here\n');
		t.is(String((await once(child.stdout as NodeJS.ReadableStream, 'data'))[0]), 'still here\n');
	});
}

onX64('as itself, while it blocks all signals: its handlers stay', async (t) => {
	const dir = temporaryFolder(t);
	const server = await listener(t, {path: path.join(dir, 'socket')});
	const script =
		'use POSIX; $SIG{TRAP} = sub {}; my $all = POSIX::SigSet->new; $all->fillset; ' +
		'sigprocmask(SIG_BLOCK, $all); <STDIN>; print "still here\\n"';
	const {pid, child} = await holder(t, 'perl', '-e', script);
	const before = facts(pid);
	t.regex(before.join(), /SigCgt:\t[0-9a-f]+[13579bdf]./, 'bit 5 is SIGTRAP');
	const seen = accepted(t, server);
	const {uid, gid, groups} = ownUser();
	connectWithin(pid, number, path.join(dir, 'socket'), {uid, gid, groups});
	t.like(await seen, {pid, uid, gid});
	t.deepEqual(facts(pid), before);
	child.stdin?.end('\n');
	t.is(String((await once(child.stdout as NodeJS.ReadableStream, 'data'))[0]), 'still here\n');
});

onX64(
	'where too many wait to be accepted, it is tried again; where nobody listens, it is told',
	async (t) => {
		const dir = temporaryFolder(t);
		const file = path.join(dir, 'socket');
		const server = await listener(t, {path: file, backlog: 1});
		const {pid} = await holder(t, 'cat');
		const user = ownUser();
		for (const code of [undefined, undefined, 'EAGAIN']) {
			const fd = newUnixSocket();
			t.teardown(() => closeFd(fd));
			setStatusFlags(fd, O_NONBLOCK);
			if (code) t.throws(() => connectUnix(fd, file), {code});
			else connectUnix(fd, file);
		}
		t.throws(() => connectWithin(pid, number, file, user), {code: 'EAGAIN'});
		const peers = new Set<number>();
		server.on('connection', (socket: net.Socket & {_handle: {fd: number}}) => {
			t.teardown(() => socket.destroy());
			peers.add(peerCredentials(socket._handle.fd).pid);
		});
		await connectRestored(`unix:path=${file}`, pid, number, user);
		await eventually(() => peers.has(pid));
		const again = await holder(t, 'cat');
		const nobody = connectRestored(`unix:path=${dir}/nobody`, again.pid, number, user);
		await t.throwsAsync(nobody, {code: 'bus-unreachable', message: /ENOENT/});
	},
);

function ownUser() {
	const {geteuid, getegid, getgroups} = process;
	return {uid: geteuid?.() ?? 0, gid: getegid?.() ?? 0, groups: getgroups?.() ?? []};
}
