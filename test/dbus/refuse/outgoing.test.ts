import {spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {connectBus} from '../../../src/dbus/calls.js';
import {outgoingState} from '../../../src/dbus/held/outgoing.js';
import {hold, letGo, outsideEnds} from '../../../src/dbus/hold.js';
import type {PrivateBus} from '../../../src/dbus/private-bus.js';
import {readStat} from '../../../src/kernel/proc-stat.js';
import {snapshotProcesses} from '../../../src/process/snapshot.js';
import {syscallName} from '../../../src/process/syscalls.js';
import {threadIds} from '../../../src/process/tree.js';
import {testBus, until} from '../../support/bus.js';
import {compile} from '../../support/compile.js';
import {demoServices, startService} from '../../support/services.js';

async function stopped(pid: number): Promise<void> {
	process.kill(pid, 'SIGSTOP');
	await until(() => readStat(pid)?.state === 'T', 'it stands');
}

/** What can be proved of the one bus connection of a process that stands. */
async function stateOf(bus: PrivateBus, pid: number): Promise<string> {
	const held = hold(
		outsideEnds(snapshotProcesses(pid)).filter(({peer}) => peer.includes(path.join(bus.dir, 'bus'))),
	);
	try {
		const [end] = held;
		if (!end) throw new Error('no bus connection');
		return await outgoingState(end.ourFd, end.inode, [pid], 50);
	} finally {
		letGo(held);
	}
}

async function startHalfWriter(t: ExecutionContext, bus: PrivateBus, ...args: string[]) {
	const program = compile(t, path.join(import.meta.dirname, 'programs/half-writer.c'));
	const child = spawn(program, args, {env: {...process.env, ...bus.env}, stdio: ['pipe', 'pipe', 'inherit']});
	t.teardown(() => child.kill('SIGKILL'));
	let said = '';
	child.stdout.on('data', (data) => {
		said += data;
	});
	await until(() => said.includes('ready'), 'it is ready');
	return {pid: child.pid as number, begin: () => child.stdin.end('x'), said: () => said};
}

for (const service of Object.values(demoServices).filter(({name}) => !name.endsWith('Atlas')))
	test(`${service.library}: an idle service has written everything`, async (t) => {
		const bus = await testBus(t);
		const {pid} = await startService(bus, service);
		const caller = await connectBus({address: bus.address});
		t.teardown(() => caller.close());
		const who = {destination: service.name, path: service.path, interface: service.name, member: 'Who'};
		for (let round = 0; round < 5; round++) {
			await caller.call(who);
			await until(() => waits(pid), 'it waits for more');
			await stopped(pid);
			t.is(await stateOf(bus, pid), 'whole');
			process.kill(pid, 'SIGCONT');
		}
	});

for (const way of [[], ['level'], ['edge']])
	test(`a service that has written a half waits for room: ${way[0] ?? 'poll'}`, async (t) => {
		const bus = await testBus(t);
		const writer = await startHalfWriter(t, bus, ...way);
		await stopped(writer.pid);
		// It reads from its own input, so nobody looks after the socket.
		t.is(await stateOf(bus, writer.pid), 'unproved');
		process.kill(writer.pid, 'SIGCONT');

		await stopped(bus.pid);
		t.teardown(() => process.kill(bus.pid, 'SIGCONT'));
		writer.begin();
		await until(() => writer.said().includes('half'), 'the socket is full');
		await until(() => waits(writer.pid), 'it waits for room');
		await stopped(writer.pid);
		t.is(await stateOf(bus, writer.pid), 'unread');
		process.kill(bus.pid, 'SIGCONT');
		await until(async () => (await stateOf(bus, writer.pid)) !== 'unread', 'the daemon has read it');
		// The edge has not been seen by the loop; with level and poll the wish for room is plain to see.
		t.is(await stateOf(bus, writer.pid), way[0] === 'edge' ? 'unproved' : 'half');

		process.kill(writer.pid, 'SIGCONT');
		await until(() => writer.said().includes('whole'), 'it has written all');
		await until(async () => {
			await until(() => waits(writer.pid), 'it waits');
			await stopped(writer.pid);
			const state = await stateOf(bus, writer.pid);
			process.kill(writer.pid, 'SIGCONT');
			// The daemon makes the last edge when it reads the end, which it may just have done.
			return state === 'whole';
		}, 'the end is seen');
	});

/** Whether every thread of it sleeps, one of them in its event loop; no event tells that. */
function waits(pid: number): boolean {
	const calls = threadIds(pid).map((tid) => {
		const nr = /^\d+/.exec(fs.readFileSync(`/proc/${pid}/task/${tid}/syscall`, 'utf8'))?.[0];
		return nr === undefined ? 'running' : syscallName(Number(nr));
	});
	return (
		calls.some((name) => /poll/.test(name)) && calls.every((name) => /poll|futex|restart_syscall/.test(name))
	);
}
