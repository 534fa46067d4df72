import {spawn} from 'node:child_process';
import {once} from 'node:events';
import test from 'ava';
import {inPidNamespace} from '../../src/criu/pid-namespace.js';
import {readStat} from '../../src/kernel/proc-stat.js';
import {haveNests, nestedProcesses, nestOf, numbersOf} from '../../src/process/pid-namespace.js';
import {snapshotProcesses} from '../../src/process/snapshot.js';
import {temporaryFolder} from '../support/compile.js';

test('a tree in a pid namespace of ours is found, and its numbers are known on both sides', async (t) => {
	const label = `${temporaryFolder(t)}/a folder\nwith names`;
	t.deepEqual(nestedProcesses(label), []);
	const words = inPidNamespace({nest: {kind: 'plain', label}, last: 1233}, []);
	const [command = '', ...args] = [...words, 'sh', '-c', 'sleep 1000 & echo $$ $!; wait'];
	const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'inherit']});
	const [line] = (await once(child.stdout, 'data')) as [Buffer];
	const [shell = 0, sleep = 0] = String(line).trim().split(' ').map(Number);
	t.deepEqual([shell, sleep], [1234, 1235]);
	const [here = 0, sleepHere = 0, ...others] = nestedProcesses(label);
	t.deepEqual(others, []);
	const numbers = numbersOf([here, sleepHere]);
	t.deepEqual([numbers.here(1234), numbers.here(1235)], [here, sleepHere]);
	t.deepEqual([numbers.own(here), numbers.own(sleepHere), numbers.own(1)], [1234, 1235, 1]);
	const init = readStat(here)?.ppid ?? 0;
	t.deepEqual(nestOf(init), {kind: 'plain', label});
	t.is(nestOf(process.pid), undefined);
	t.true(haveNests());

	const [root, below] = snapshotProcesses(here);
	t.like(root, {pid: here, ppid: init, nest: 'plain', own: {pid: 1234, ppid: 1, pgid: 1, sid: 1}});
	t.like(below, {pid: sleepHere, own: {pid: 1235, ppid: 1234}});
	t.is(below?.threads[0]?.ownTid, 1235);
	t.is(snapshotProcesses(process.pid)[0]?.own, undefined);

	process.kill(sleepHere, 'SIGKILL');
	await once(child, 'exit');
	t.deepEqual(nestedProcesses(label), []);
});
