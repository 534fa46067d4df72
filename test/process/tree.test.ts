import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {processTree, startTime, threadIds} from '../../src/process/tree.js';
import {runProgram} from '../support/run-program.js';

test('parents before children, grandchildren too, and no strangers', async (t) => {
	const inner = 'sleep 1000 & echo $!; echo $$; echo ready; wait';
	const {pid, lines} = await runProgram(t, 'sh', ['-c', `sleep 1000 & echo $!; sh -c '${inner}' & wait`]);
	const printed = lines.slice(0, 3).map(Number);
	const [, grandchild = 0] = printed;
	const tree = processTree(pid);
	const ascending = (pids: number[]) => pids.toSorted((a, b) => a - b);
	t.is(tree[0]?.pid, pid);
	t.deepEqual(ascending(tree.map((one) => one.pid)), ascending([pid, ...printed]));
	for (const [index, {ppid}] of tree.entries()) {
		if (index > 0) t.true(tree.slice(0, index).some((earlier) => earlier.pid === ppid));
	}
	t.is(tree[0]?.startTime, startTime(pid));
	t.is(processTree(grandchild).length, 1);
});

test('children of every thread, not of the main thread only', async (t) => {
	// The thread that forks is the parent in the kernel's eyes.
	const script = `
		const {Worker} = require('node:worker_threads');
		new Worker("require('node:child_process').spawn('sleep', ['1000']).on('spawn', () => console.log('ready'))", {eval: true});
	`;
	const {pid} = await runProgram(t, process.execPath, ['-e', script]);
	t.true(processTree(pid).some(({comm}) => comm === 'sleep'));
	t.is(threadIds(pid)[0], pid);
	t.true(threadIds(pid).length > 3);
});

test('while children come and go the long-lived one is never missed', async (t) => {
	const {pid, lines} = await runProgram(t, 'sh', [
		'-c',
		'sleep 1000 & echo $!; echo ready; while :; do true & wait $!; done',
	]);
	const child = Number(lines[0]);
	for (let look = 0; look < 300; look++) {
		const tree = processTree(pid);
		t.is(tree[0]?.pid, pid);
		if (!tree.some((one) => one.pid === child)) t.fail(`missed at look ${look}`);
		if (look % 50 === 0) await delay(1);
	}
});

test('no such process', (t) => {
	t.deepEqual(processTree(2 ** 22 + 1), []);
	t.deepEqual(threadIds(2 ** 22 + 1), []);
});
