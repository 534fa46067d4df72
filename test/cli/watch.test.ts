import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {TestClient, testBus, until} from '../support/bus.js';
import {temporaryFolder} from '../support/compile.js';
import {demoServices, fixtureProgram, startProgram, startService} from '../support/services.js';

const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');

class Watch {
	out = '';
	err = '';
	readonly exit: Promise<number | null>;

	constructor(
		t: ExecutionContext,
		readonly child: ChildProcess,
	) {
		child.stdout?.setEncoding('utf8').on('data', (text: string) => {
			this.out += text;
		});
		child.stderr?.setEncoding('utf8').on('data', (text: string) => {
			this.err += text;
		});
		this.exit = once(child, 'close').then(([code]) => code as number | null);
		t.teardown(() => child.kill('SIGKILL'));
	}

	get lines(): string[] {
		return this.out.split('\n').slice(0, -1);
	}

	get messages(): Array<Record<string, unknown>> {
		return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
	}
}

/** Starts `watch` and waits until it sees the bus. */
async function watch(
	t: ExecutionContext,
	address: string,
	options: string[],
	...args: string[]
): Promise<Watch> {
	const argv = ['--import=tsx', main, '--lang', 'en', '--address', address, ...options, 'watch', ...args];
	const started = new Watch(t, spawn(process.execPath, argv, {stdio: ['ignore', 'pipe', 'pipe']}));
	const over = started.exit.then(() => true);
	await until(
		async () => started.err.includes('Watching') || (await Promise.race([over, false])),
		'it watches',
		30,
	);
	return started;
}

test('a line for each message: who, what, how long', async (t) => {
	const bus = await testBus(t);
	const {name, path: objectPath} = demoServices.counter;
	await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	const watching = await watch(t, bus.address, []);
	await client.add(demoServices.counter, 2);
	await t.throwsAsync(client.call(name, objectPath, 'Nonsense'));
	await until(() => watching.out.includes('UnknownMethod'), 'the error line');
	watching.child.kill('SIGINT');
	t.is(await watching.exit, 0);
	const lines = watching.lines.join('\n');
	t.regex(lines, /^\d\d:\d\d:\d\d\.\d{3} {2}\S+ → org\.dbusfreeze\.Demo\.Counter {2}Add\(i\) {2}\d+ B$/m);
	t.regex(lines, /org\.dbusfreeze\.Demo\.Counter → \S+ {2}✔ Add {2}\d+\.\d ms {2}\d+ B$/m);
	t.regex(lines, /✘ Nonsense org\.freedesktop\.DBus\.Error\.UnknownMethod {2}\d+\.\d ms/);
	t.regex(lines, /org\.dbusfreeze\.Demo\.Counter {2}≋ \w+\(\w+\)/);
	// The client is this very test: known by its program, not by its number.
	t.regex(lines, /(node\S*|ava\S*) → org\.dbusfreeze\.Demo\.Counter/);
});

test('--json gives one object a message with the whole body, --count ends, --pcap records', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	const pcap = path.join(temporaryFolder(t), 'traffic.pcap');
	const watching = await watch(
		t,
		bus.address,
		['--json'],
		'--match',
		"member='Bump'",
		'--count',
		'3',
		'--pcap',
		pcap,
	);
	for (const amount of [1, -2, 3, 4]) client.bump(amount);
	t.is(await watching.exit, 0);
	t.deepEqual(
		watching.messages.map(({index, body}) => [index, body]),
		[
			[0, [1]],
			[1, [-2]],
			[2, [3]],
		],
	);
	t.like(watching.messages[0], {
		type: 'signal',
		member: 'Bump',
		signature: 'i',
		sender: client.uniqueName,
		fds: 0,
	});

	t.is(fs.statSync(pcap).mode & 0o777, 0o600);
	const bytes = fs.readFileSync(pcap);
	t.deepEqual([bytes.readUInt32LE(0), bytes.readUInt32LE(20)], [0xa1b2c3d4, 231]);
	let records = 0;
	for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
		t.is(bytes.readUInt32LE(at + 8), watching.messages[records]?.size as number);
		t.is(String.fromCharCode(bytes[at + 16] ?? 0), 'l');
		t.true(Math.abs(bytes.readUInt32LE(at) - Date.now() / 1000) < 120);
		records++;
	}
	t.is(records, 3);
});

test('--filter brings the reply along and leaves the rest out', async (t) => {
	const bus = await testBus(t);
	await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	const watching = await watch(t, bus.address, ['--json'], '--filter', 'ADD(', '--count', '2');
	await client.get(demoServices.counter);
	await client.add(demoServices.counter, 7);
	watching.child.kill('SIGINT');
	t.is(await watching.exit, 0);
	t.deepEqual(watching.messages, []);

	const human = await watch(t, bus.address, [], '--filter', 'ADD(', '--count', '2');
	await client.get(demoServices.counter);
	await client.add(demoServices.counter, 7);
	t.is(await human.exit, 0);
	t.regex(human.out, /^.* Add\(i\) .*\n.* ✔ Add .*\n$/);
});

test('nothing hostile reaches the terminal: commands and bodies are escaped', async (t) => {
	const bus = await testBus(t);
	const folder = temporaryFolder(t);
	const hostile = path.join(folder, 'e\u001b[2Jvil');
	fs.copyFileSync('/usr/bin/dbus-monitor', hostile);
	fs.chmodSync(hostile, 0o755);
	const lines = await watch(t, bus.address, []);
	const json = await watch(t, bus.address, ['--json']);
	// One that stays long enough to be asked who it is: it listens as a plain client.
	const guest = spawn(hostile, ['--address', bus.address, '--monitor', "type='signal'"], {stdio: 'ignore'});
	t.teardown(() => guest.kill('SIGKILL'));
	const client = await TestClient.connect(t, bus);
	const text = '\u001b]0;title\u0007 \u202ereversed \u009b31m \u2028 \u007f';
	await t.throwsAsync(client.call('org.example.None', '/', 'M', 's', [text], 'a.b'));
	await until(
		() =>
			json.out.includes('reversed') &&
			json.out.includes('ServiceUnknown') &&
			lines.out.includes('ServiceUnknown'),
		'the lines',
	);
	for (const output of [lines, json]) {
		output.child.kill('SIGINT');
		t.is(await output.exit, 0);
		t.notRegex(output.out.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
	}
	const call = json.messages.find(({destination}) => destination === 'org.example.None');
	t.deepEqual(call?.body, [text]);
});

test('a reader that leaves ends it quietly, also under a flood', async (t) => {
	const bus = await testBus(t);
	const watching = await watch(t, bus.address, []);
	const flood = startProgram(bus, [fixtureProgram('flood'), '30000', '0', 'small']);
	await once(watching.child.stdout as NodeJS.ReadableStream, 'data');
	watching.child.stdout?.destroy();
	t.is(await watching.exit, 0);
	t.notRegex(watching.err, /EPIPE|Error/);
	flood.child.ref();
	if (flood.child.exitCode === null) await once(flood.child, 'exit');
});

test('a reader that stalls costs messages of ours, not memory of the daemon; SIGINT still ends it', async (t) => {
	const bus = await testBus(t);
	const watching = await watch(t, bus.address, ['--json']);
	watching.child.stdout?.pause();
	const flood = startProgram(bus, [fixtureProgram('flood'), '150000', '0', 'properties']);
	await once(flood.child, 'exit');
	await until(() => isIdle(watching.child.pid as number), 'it has read everything', 30);
	watching.child.kill('SIGINT');
	await until(() => watching.err.includes('missing'), 'it gives up on the reader');
	watching.child.stdout?.resume();
	t.is(await watching.exit, 0);
	const missing = Number(/(\d+) messages are missing/.exec(watching.err)?.[1]);
	const last = watching.messages.filter(({member}) => member === 'PropertiesChanged').length;
	t.true(missing > 0 && last > 0);
	t.true(missing + watching.lines.length >= 150_001, `${missing} + ${watching.lines.length}`);
});

test('wrong rules and unreachable buses have their exit codes', async (t) => {
	const bus = await testBus(t);
	const badRule = await watch(t, bus.address, [], '--match', "sender='");
	t.is(await badRule.exit, 2);
	t.regex(badRule.err, /quotation/);
	const noBus = await watch(t, 'unix:path=/nowhere/bus', ['--json']);
	t.is(await noBus.exit, 3);
	t.like(JSON.parse(noBus.out), {ok: false, error: {code: 'bus-unreachable'}});
	const badFile = await watch(t, bus.address, [], '--pcap', '/nowhere/x.pcap');
	t.is(await badFile.exit, 5);
});

test('a bus that goes away ends it with an error', async (t) => {
	const bus = await testBus(t);
	const watching = await watch(t, bus.address, []);
	process.kill(bus.pid, 'SIGKILL');
	t.is(await watching.exit, 3);
	t.regex(watching.err, /closed the connection/);
});

/** Bytes that a process has read so far, as its last caller saw them. */
const bytesRead = new Map<number, {bytes: string; since: number}>();

/** True when a process has read nothing for half a second. */
function isIdle(pid: number): boolean {
	const bytes = /rchar: (\d+)/.exec(fs.readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? '';
	const before = bytesRead.get(pid);
	if (before?.bytes === bytes) return performance.now() - before.since > 500;
	bytesRead.set(pid, {bytes, since: performance.now()});
	return false;
}
