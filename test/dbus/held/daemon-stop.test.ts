import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {whileDaemonStands} from '../../../src/dbus/held/daemon-stop.js';
import {parseStat} from '../../../src/kernel/proc-stat.js';
import {readText} from '../../../src/process/read.js';
import {threadIds} from '../../../src/process/tree.js';
import {TestClient, testBus, until} from '../../support/bus.js';
import {compile} from '../../support/compile.js';
import {runProgram} from '../../support/run-program.js';

const programs = path.resolve(import.meta.dirname, '../programs');

/** States of the threads that exist now, without repetition. */
function states(pid: number): string[] {
	const texts = threadIds(pid).flatMap((tid) => readText(`/proc/${pid}/task/${tid}/stat`) ?? []);
	return [...new Set(texts.map((text) => parseStat(text).state))].sort();
}

function tracer(pid: number): string | undefined {
	return /^TracerPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
}

test('a daemon stands while we work, and answers again afterwards', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	const {result, stoppedMs} = whileDaemonStands(bus.pid, (elapsedMs) => {
		t.true(elapsedMs() < 1000);
		return states(bus.pid);
	});
	t.deepEqual(result, ['t']);
	t.true(stoppedMs > 0);
	t.is(tracer(bus.pid), '0');
	t.is(await client.owner('org.freedesktop.DBus'), 'org.freedesktop.DBus');
});

test('it also runs again when the work fails', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	t.throws(
		() =>
			whileDaemonStands(bus.pid, () => {
				throw new Error('no room');
			}),
		{message: 'no room'},
	);
	t.is(await client.owner('org.freedesktop.DBus'), 'org.freedesktop.DBus');
});

test('all threads stand, also of a process that makes new ones all the time', async (t) => {
	const {pid} = await runProgram(t, compile(t, path.join(programs, 'thread-maker.c')));
	for (let round = 0; round < 30; round++) {
		const {result} = whileDaemonStands(pid, () =>
			states(pid).filter((state) => state !== 'X' && state !== 'Z'),
		);
		t.deepEqual(result, ['t']);
	}
	await until(() => !states(pid).includes('t'), 'all run');
	t.is(tracer(pid), '0');
});

test('SIGKILL of the one who stopped it lets the daemon run', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	const stopper = await runProgram(t, process.execPath, [
		'--import=tsx',
		path.join(programs, 'daemon-stopper.ts'),
		String(bus.pid),
	]);
	t.deepEqual(states(bus.pid), ['t']);
	t.is(tracer(bus.pid), String(stopper.pid));
	const refused = t.throws(() => whileDaemonStands(bus.pid, () => t.fail()), {code: 'daemon-unstoppable'});
	t.like(refused, {params: {pid: bus.pid, reason: 'EPERM'}});
	process.kill(stopper.pid, 'SIGKILL');
	await until(() => !states(bus.pid).includes('t'), 'it runs');
	t.is(await client.owner('org.freedesktop.DBus'), 'org.freedesktop.DBus');
});

test('a daemon that somebody else has stopped stays stopped, until that one continues it', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	process.kill(bus.pid, 'SIGSTOP');
	await until(() => states(bus.pid).includes('T'), 'it stands');
	whileDaemonStands(bus.pid, () => {});
	await until(() => states(bus.pid).includes('T'), 'it stands again');
	process.kill(bus.pid, 'SIGCONT');
	t.is(await client.owner('org.freedesktop.DBus'), 'org.freedesktop.DBus');
});

test('a process that is gone is a fault, not a hang', (t) => {
	const fault = t.throws(() => whileDaemonStands(2 ** 22 - 1, () => {}), {code: 'daemon-unstoppable'});
	t.like(fault, {params: {reason: 'ESRCH'}});
});
