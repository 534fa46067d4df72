import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import {Fault} from '../../src/common/fault.js';
import {startPrivateBus} from '../../src/dbus/private-bus.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {demoServices, startProgram, startService} from '../support/services.js';

/** No such process, or a zombie that waits for its parent. */
function isOver(pid: number): boolean {
	try {
		return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') === true;
	} catch {
		return true;
	}
}

test('a private bus is a system bus in a folder of its own', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	t.is(fs.statSync(bus.dir).mode & 0o777, 0o700);
	t.is(await client.daemon('GetConnectionUnixProcessID', 's', ['org.freedesktop.DBus']), bus.pid);
	t.regex(fs.readFileSync(path.join(bus.dir, 'bus.conf'), 'utf8'), /<type>system<\/type>/);
});

test('stop ends the daemon and every program, whoever their parent is, and removes the folder', async (t) => {
	const bus = await startPrivateBus();
	t.teardown(bus.stop);
	const service = await startService(bus, demoServices.counter);
	// Its own child, in a session that nobody waits for: as a thawed service.
	const orphanFile = path.join(bus.dir, 'orphan');
	const shell = startProgram(bus, ['/bin/sh', '-c', `setsid sleep 1000 & echo $! > ${orphanFile}`]);
	shell.child.ref(); // programs are started so that they keep nobody alive
	await once(shell.child, 'exit');
	const orphan = Number(fs.readFileSync(orphanFile, 'utf8'));
	t.false(isOver(orphan));

	await Promise.all([bus.stop(), bus.stop()]);
	for (const pid of [bus.pid, service.pid, orphan]) t.true(isOver(pid), `pid ${pid}`);
	t.false(fs.existsSync(bus.dir));
	await bus.stop();
});

test('stop leaves programs of other buses and of nobody alone', async (t) => {
	const [bus, other] = await Promise.all([startPrivateBus(), testBus(t)]);
	const service = await startService(other, demoServices.counter);
	await bus.stop();
	t.false(isOver(service.pid));
	t.false(isOver(other.pid));
});

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
	test(`nothing is left when the starter ends by ${signal}`, async (t) => {
		const holder = spawn(
			process.execPath,
			['--import=tsx', path.join(import.meta.dirname, '../support/bus-holder.ts')],
			{stdio: ['ignore', 'pipe', 'inherit']},
		);
		t.teardown(() => holder.kill('SIGKILL'));
		const [line] = await once(holder.stdout, 'data');
		const {dir, pids} = JSON.parse(String(line)) as {dir: string; pids: number[]};
		for (const pid of pids) t.false(isOver(pid));
		holder.kill(signal);
		await until(() => pids.every(isOver) && !fs.existsSync(dir), 'daemon, service and folder are gone');
		t.pass();
	});
}

test('a daemon that cannot listen is a fault with its own words, and leaves nothing', async (t) => {
	const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'too-long-'));
	t.teardown(() => fs.rmSync(parent, {recursive: true}));
	const dir = path.join(parent, 'x'.repeat(120));
	fs.mkdirSync(dir);
	const fault = await t.throwsAsync(startPrivateBus({dir}), {instanceOf: Fault});
	t.is(fault?.code, 'bus-unreachable');
	t.regex((fault as Fault<'bus-unreachable'>).params.reason, /path too long|too long/i);
	t.deepEqual(fs.readdirSync(dir), []);
});

test('a service that ends instead of owning its name is a fault with its words', async (t) => {
	const bus = await testBus(t);
	const broken = {...demoServices.counter, argv: ['/bin/sh', '-c', 'echo no luck >&2; exit 3'] as const};
	const fault = await t.throwsAsync(startService(bus, {...broken, argv: [...broken.argv]}), {
		instanceOf: Fault,
	});
	t.regex((fault as Fault<'bus-unreachable'>).params.reason, /Counter: ended with 3: no luck/);
});

test('a service that stays silent is given up', async (t) => {
	const bus = await testBus(t);
	const silent = {...demoServices.counter, argv: ['/bin/sleep', '1000'] satisfies [string, string]};
	const fault = await t.throwsAsync(startService(bus, silent, {seconds: 0.2}), {instanceOf: Fault});
	t.regex((fault as Fault<'bus-unreachable'>).params.reason, /no answer for 0.2 s/);
});
