import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readlinkSync, realpathSync} from 'node:fs';
import test from 'ava';
import type {ProcessSnapshot} from '../../src/context/model.js';
import {snapshotProcesses} from '../../src/process/snapshot.js';
import {SocketTable} from '../../src/process/sockets.js';
import {startTime} from '../../src/process/tree.js';
import {compile, temporaryFolder} from '../support/compile.js';
import {eventually} from '../support/eventually.js';
import {runProgram} from '../support/run-program.js';

/** Once the program descriptors.c, its child and its grandchild have all come to pause(). */
function settledSnapshots(pid: number): Promise<ProcessSnapshot[]> {
	return eventually(() => {
		const snapshots = snapshotProcesses(pid);
		return snapshots.filter(({threads}) => threads[0]?.syscall?.name === 'pause').length === 3 && snapshots;
	});
}

test('a whole tree: identity, credentials, namespaces, zombies', async (t) => {
	const program = compile(t, 'test/process/programs/descriptors.c');
	const folder = temporaryFolder(t);
	const {pid, lines} = await runProgram(t, program, [folder]);
	const numbers = new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
	const snapshots = await settledSnapshots(pid);
	t.is(snapshots.length, 4);
	const [root] = snapshots;
	t.like(root, {
		pid,
		ppid: process.pid,
		comm: 'descriptors',
		exe: realpathSync(program),
		cmdline: [program, folder],
		cwd: process.cwd(),
		startTime: startTime(pid) ?? '',
	});
	t.like(root?.credentials, {
		uid: process.getuid?.() ?? -1,
		euid: process.geteuid?.() ?? -1,
		gid: process.getgid?.() ?? -1,
		egid: process.getegid?.() ?? -1,
	});
	t.is(root?.namespaces?.mnt, readlinkSync('/proc/self/ns/mnt'));
	t.true(Object.keys(root?.namespaces ?? {}).length >= 7);
	const zombie = snapshots.find((one) => one.pid === numbers.get('zombie'));
	t.like(zombie, {exe: '', cwd: '', cmdline: [], fds: []});
	t.like(zombie?.threads[0], {state: 'Z'});
	const child = snapshots.find((one) => one.pid === numbers.get('child'));
	t.is(child?.threads[0]?.syscall?.name, 'pause');
	// From glibc 2.41 on the call is made in a function that a stripped libc does not name.
	t.regex(child?.threads[0]?.where?.module ?? '', /libc/);
	t.is(snapshots.filter(({ppid}) => ppid === child?.pid).length, 1);
	t.deepEqual(JSON.parse(JSON.stringify(snapshots)), snapshots);
});

test('two snapshots of a process that sleeps are equal', async (t) => {
	const {pid} = await runProgram(t, compile(t, 'test/process/programs/descriptors.c'), [temporaryFolder(t)]);
	const settled = await settledSnapshots(pid);
	// The kernel names the function a thread sleeps in a moment after it has gone to sleep.
	const lasting = (snapshot: unknown) =>
		JSON.parse(JSON.stringify(snapshot, (key, value) => (key === 'wchan' ? undefined : value)));
	t.deepEqual(lasting(snapshotProcesses(pid)), lasting(settled));
});

test('other credentials than ours', async (t) => {
	if (process.getuid?.() !== 0) {
		t.pass('needs root');
		return;
	}
	const {pid} = await runProgram(t, 'setpriv', [
		'--reuid=65534',
		'--regid=65534',
		'--groups=10,20',
		'sh',
		'-c',
		'echo ready; exec sleep 1000',
	]);
	const [root] = snapshotProcesses(pid);
	t.like(root?.credentials, {
		uid: 65534,
		euid: 65534,
		gid: 65534,
		egid: 65534,
		groups: [10, 20],
		capEff: '0x0',
	});
});

test('a process that is gone, and a pid that belongs to another one now', async (t) => {
	const child = spawn('sleep', ['1000']);
	await once(child, 'spawn');
	const pid = child.pid ?? 0;
	t.throws(() => snapshotProcesses(pid, {startTime: '1'}), {code: 'pid-reused'});
	const start = startTime(pid) ?? '';
	t.is(snapshotProcesses(pid, {startTime: start}).length, 1);
	child.kill('SIGKILL');
	await once(child, 'exit');
	t.throws(() => snapshotProcesses(pid), {code: 'dead-pid'});
	t.throws(() => snapshotProcesses(pid, {startTime: start}), {code: 'dead-pid'});
});

test('a tree whose processes die while we look never makes it fail', async (t) => {
	const {pid} = await runProgram(t, 'sh', [
		'-c',
		'echo ready; while :; do sleep 0.001 & sleep 0.002 & true | true; done',
	]);
	for (let look = 0; look < 100; look++) {
		const snapshots = snapshotProcesses(pid);
		t.is(snapshots[0]?.pid, pid);
		for (const {startTime: start} of snapshots) t.truthy(start);
	}
	t.pass();
});

test('one socket table serves several snapshots', async (t) => {
	const {pid} = await runProgram(t, compile(t, 'test/process/programs/descriptors.c'), [temporaryFolder(t)]);
	await settledSnapshots(pid);
	const socketTable = new SocketTable();
	const first = snapshotProcesses(pid, {socketTable});
	t.deepEqual(snapshotProcesses(pid, {socketTable})[0]?.fds, first[0]?.fds);
});
