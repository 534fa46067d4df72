import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {saveFilter} from '../../src/common/config/file.js';
import {connectBus} from '../../src/dbus/calls.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {temporaryFolder} from '../support/compile.js';
import {startDaemon} from '../support/daemon.js';
import {demoServices, fixtureProgram, startProgram, startService} from '../support/services.js';

const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');

class Watch {
	readonly #chunks: Buffer[] = [];
	err = '';
	readonly exit: Promise<number | null>;

	constructor(
		t: ExecutionContext,
		readonly child: ChildProcess,
	) {
		child.stdout?.on('data', (chunk: Buffer) => {
			this.#chunks.push(chunk);
		});
		child.stderr?.setEncoding('utf8').on('data', (text: string) => {
			this.err += text;
		});
		this.exit = once(child, 'close').then(([code]) => code as number | null);
		t.teardown(() => child.kill('SIGKILL'));
	}

	/** All of standard output so far. */
	get bytes(): Buffer {
		const bytes = Buffer.concat(this.#chunks);
		this.#chunks.splice(0, this.#chunks.length, bytes);
		return bytes;
	}

	get out(): string {
		return this.bytes.toString();
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
	...args: Array<string | {env: NodeJS.ProcessEnv}>
): Promise<Watch> {
	const words = args.filter((argument) => typeof argument === 'string');
	const [more] = args.filter((argument) => typeof argument === 'object');
	const argv = ['--import=tsx', main, '--lang', 'en', '--address', address, ...options, 'watch', ...words];
	const env = {...process.env, ...more?.env};
	const started = new Watch(t, spawn(process.execPath, argv, {env, stdio: ['ignore', 'pipe', 'pipe']}));
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

test('--filter lets calls through with their answers, and leaves the rest out', async (t) => {
	const bus = await testBus(t);
	await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	const watching = await watch(t, bus.address, [], '--filter', 'ADD(', '--count', '2', '--body');
	await client.get(demoServices.counter);
	await client.add(demoServices.counter, 7);
	t.is(await watching.exit, 0);
	t.regex(watching.out, /^.* Add\(7\) .*\n.* ✔ Add\(7\) .*\n$/);
	t.regex(watching.err, /\d+ messages seen, 2 shown/);

	// An error makes its call wanted, too: that is shown then, in its own place in time.
	const errors = await watch(t, bus.address, ['--json'], '--filter', 'type:error to:Counter', '--count', '2');
	await client.get(demoServices.counter);
	await t.throwsAsync(client.call(demoServices.counter.name, demoServices.counter.path, 'Nonsense'));
	t.is(await errors.exit, 0);
	const [call, error] = errors.messages;
	t.like(call, {type: 'call', member: 'Nonsense', index: (error?.index as number) - 1});
	t.like(error, {type: 'error', replySerial: call?.serial as number});
	t.true((call?.at as number) <= (error?.at as number));
});

test('--match brings the answers to the calls that match, and no others', async (t) => {
	const bus = await testBus(t);
	await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	const rule = "interface='org.dbusfreeze.Demo.Counter',member='Add'";
	const watching = await watch(t, bus.address, ['--json'], '--match', rule, '--count', '4');
	for (const amount of [1, 2]) {
		await client.get(demoServices.counter);
		await client.add(demoServices.counter, amount);
	}
	t.is(await watching.exit, 0);
	t.deepEqual(
		watching.messages.map(({index, type, member}) => [index, type, member]),
		[
			[0, 'call', 'Add'],
			[1, 'return', undefined],
			[2, 'call', 'Add'],
			[3, 'return', undefined],
		],
	);
	t.regex(watching.err, /4 messages seen, 4 shown/);
});

test('saved filters come from the settings', async (t) => {
	const bus = await testBus(t);
	const env = {XDG_CONFIG_HOME: temporaryFolder(t)};
	await saveFilter(env, 'bumps', 'member:Bump type:signal');
	const watching = await watch(t, bus.address, ['--json'], {env}, '--filter', '@bumps', '--count', '1');
	const client = await TestClient.connect(t, bus);
	client.bump(5);
	t.is(await watching.exit, 0);
	t.deepEqual(
		watching.messages.map(({body}) => body),
		[[5]],
	);
	const unknown = await watch(t, bus.address, [], {env}, '--filter', 'a @bump');
	t.is(await unknown.exit, 2);
	t.regex(unknown.err, /character 3 \("@bump"\): no filter is saved as "bump"/);
});

test('what may hold secrets is masked in every output, unless asked', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	const folder = temporaryFolder(t);
	const ask = (): Promise<unknown> =>
		t.throwsAsync(
			client.call('org.example.None', '/', 'Store', 's', ['hunter2'], 'org.freedesktop.Secret.Item'),
		);
	for (const asked of [false, true]) {
		const pcap = path.join(folder, `${asked}.pcap`);
		const options = ['--filter', 'member:Store', '--count', '2', ...(asked ? ['--show-secrets'] : [])];
		const json = await watch(t, bus.address, ['--json'], ...options, '--pcap', pcap);
		const lines = await watch(t, bus.address, [], ...options, '--body');
		await ask();
		t.is(await json.exit, 0);
		t.is(await lines.exit, 0);
		for (const text of [json.out, lines.out, fs.readFileSync(pcap, 'latin1')]) {
			t.is(text.includes('hunter2'), asked);
			t.is(text.includes('*******'), !asked);
		}
		t.is(json.messages[0]?.masked, asked ? undefined : true);
	}
});

test('--pcap - gives the capture to another program, --quiet no lines', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	const file = path.join(temporaryFolder(t), 'quiet.pcap');
	const rest = ['--match', "member='Bump'", '--count', '3'];
	const piped = await watch(t, bus.address, [], '--pcap', '-', ...rest);
	const quiet = await watch(t, bus.address, [], '--pcap', file, '--quiet', ...rest);
	for (const amount of [1, 2, 3]) client.bump(amount);
	t.is(await piped.exit, 0);
	t.is(await quiet.exit, 0);
	t.is(quiet.out, '');
	const capture = fs.readFileSync(file);
	t.is(piped.bytes.length, capture.length);
	t.is(capture.readUInt32LE(20), 231);
});

test('a bus that does not allow monitors is watched by match rules, and that is said', async (t) => {
	const deny =
		'<deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>';
	const {address} = await startDaemon(t, {policy: deny});
	const watching = await watch(t, address, ['--json'], '--filter', 'member:ToAll', '--count', '1');
	await until(() => watching.err.includes('only signals'), 'the mode');
	t.regex(watching.err, /does not let us be a monitor: Rejected send message/);
	const client = await connectBus({address});
	t.teardown(() => client.close());
	client.emit({path: '/a', interface: 'a.b', member: 'ToAll'});
	t.is(await watching.exit, 0);
	t.like(watching.messages[0], {member: 'ToAll', sender: client.uniqueName});
});

test('a daemon that begins anew at the same place is watched again', async (t) => {
	const daemon = await startDaemon(t, {});
	const address = `unix:path=${daemon.dir}/bus`;
	const watching = await watch(t, address, ['--json'], '--filter', 'member:ToAll', '--count', '1');
	// The new one takes the socket's place before the old one ends: it is not looked for for long.
	await startDaemon(t, {}, daemon.dir);
	await daemon.stop();
	await until(() => watching.err.includes('Connection lost'), 'it is missed');
	await until(() => watching.err.includes('Watching again'), 'it is back');
	const client = await connectBus({address});
	t.teardown(() => client.close());
	client.emit({path: '/a', interface: 'a.b', member: 'ToAll'});
	t.is(await watching.exit, 0);
	t.like(watching.messages[0], {member: 'ToAll'});
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
	const seen = Number(/(\d+) messages seen/.exec(watching.err)?.[1]);
	t.is(missing + watching.lines.length, seen);
	t.true(seen >= 150_001, `${seen}`);
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
	if (before?.bytes === bytes) return performance.now() - before.since > 1000;
	bytesRead.set(pid, {bytes, since: performance.now()});
	return false;
}

test('is:unanswered waits until it is certain: the caller has left, or nobody looks any more', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, demoServices.counter);
	const [patient, hasty] = [await TestClient.connect(t, bus), await TestClient.connect(t, bus)];
	const watching = await watch(t, bus.address, [], '--filter', 'is:unanswered to:Counter');
	await patient.get(demoServices.counter);
	process.kill(pid, 'SIGSTOP');
	t.teardown(() => process.kill(pid, 'SIGCONT'));
	hasty.add(demoServices.counter, 1).catch(() => {});
	patient.who(demoServices.counter).catch(() => {});
	// The bus has them when it answers what was said after them.
	await Promise.all([hasty.daemon('GetId'), patient.daemon('GetId')]);
	hasty.bus.disconnect();
	await until(() => watching.lines.length > 0, 'the call of the one that left', 30);
	t.regex(watching.out, / Add\(i\) /);
	watching.child.kill('SIGINT');
	t.is(await watching.exit, 0);
	t.is(watching.lines.length, 2);
	t.regex(watching.lines[1] ?? '', / Who\(\) /);
	t.regex(watching.err, /2 shown/);
});

test('a call that was answered late is followed by its answer; one in time is not shown as unanswered', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	const watching = await watch(t, bus.address, [], '--filter', '-is:unanswered to:Counter');
	process.kill(pid, 'SIGSTOP');
	const answer = client.add(demoServices.counter, 1);
	await client.daemon('GetId');
	t.deepEqual(watching.lines, []);
	process.kill(pid, 'SIGCONT');
	await answer;
	await until(() => watching.lines.length === 2, 'call and answer', 30);
	t.regex(watching.out, / Add\(i\) [\s\S]* ✔ Add /);
});

test('a full disk ends it with its own error, at once', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	const watching = await watch(t, bus.address, ['--json'], '--quiet', '--pcap', '/dev/full');
	client.bump(1);
	t.is(await watching.exit, 6);
	t.like(JSON.parse(watching.out), {ok: false, error: {code: 'disk-full'}});
	t.notRegex(watching.err, /at .*\.ts:/);
});
