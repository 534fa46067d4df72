import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {PcapWriter} from '../../src/dbus/capture/pcap-writer.js';
import {Variant} from '../../src/dbus/wire/reader.js';
import {encodeMessage, type MessageParts} from '../../src/dbus/wire/writer.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {program} from '../support/cli.js';
import {temporaryFolder} from '../support/compile.js';
import {demoServices, startService} from '../support/services.js';

const call: MessageParts = {
	type: 'call',
	serial: 5,
	sender: ':1.4',
	destination: 'org.example.Service',
	path: '/a',
	interface: 'org.example.Service',
	member: 'Store',
	signature: 'sa{sv}ayxtd(ib)a{ub}h',
	fds: 1,
	body: [
		'text \u001b[31m "quoted" 冻结 \u202e',
		new Map<string, Variant>([
			['nested', new Variant('a(sv)', [['x', new Variant('ay', Buffer.from([0, 255]))]])],
			['nan', new Variant('d', Number.NaN)],
		]),
		Buffer.from('bytes'),
		-9223372036854775808n,
		18446744073709551615n,
		0.1,
		[-1, true],
		new Map([
			[4294967295, true],
			[0, false],
		]),
		0,
	],
};
const answer: MessageParts = {
	type: 'return',
	serial: 9,
	replySerial: 5,
	sender: ':1.7',
	destination: ':1.4',
	signature: 's',
	body: ['stored'],
};
const signal: MessageParts = {
	type: 'signal',
	serial: 10,
	sender: ':1.7',
	path: '/a',
	interface: 'org.example.Service',
	member: 'Stored',
};

function capture(t: ExecutionContext, all: readonly MessageParts[] = [call, answer, signal]): string {
	const file = path.join(temporaryFolder(t), 'traffic.pcap');
	const writer = new PcapWriter(file);
	for (const [index, parts] of all.entries()) {
		const frame = encodeMessage(parts, index % 2 === 0);
		writer.write(frame, 0, frame.length, 1_700_000_000_000 + index * 1.5);
	}
	writer.close();
	return file;
}

function run(...args: string[]): {code: number | null; stdout: string; stderr: string} {
	const {status, stdout, stderr} = spawnSync(process.execPath, [program, '--lang', 'en', ...args], {
		encoding: 'utf8',
		maxBuffer: 64 * 1024 * 1024,
	});
	return {code: status, stdout, stderr};
}

const parsed = (text: string): unknown[] =>
	text
		.split('\n')
		.slice(0, -1)
		.map((line) => JSON.parse(line));

test('a capture is printed as watch prints; who answers for a name is learnt', (t) => {
	const {code, stdout, stderr} = run('open', capture(t), '--body');
	t.is(code, 0);
	const [first, second, third] = stdout.split('\n');
	t.regex(first ?? '', / {2}:1\.4 → org\.example\.Service {2}Store\("text \\e\[31m/);
	t.regex(second ?? '', / {2}org\.example\.Service → :1\.4 {2}✔ Store\("stored"\) {2}1\.5 ms/);
	t.regex(third ?? '', / {2}org\.example\.Service {2}≋ Stored\(\)/);
	t.regex(stderr, /3 messages seen, 3 shown/);
	t.notRegex(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
});

test('filters and match rules work on it; a filtered capture can be written', (t) => {
	const file = capture(t);
	const out = `${file}.out`;
	t.is(run('open', file, '--filter', 'slower:1ms', '--quiet', '--pcap', out).code, 0);
	const {stdout} = run('--json', 'open', out);
	t.deepEqual(
		parsed(stdout).map((message) => (message as {type: string}).type),
		['call', 'return'],
	);
	t.is(run('open', file, '--match', "type='signal'").stdout.split('\n').length, 2);
	t.is(run('open', file, '--match', "member='Store'").stdout.split('\n').length, 3);
	t.is(run('open', file, '--count', '1').stdout.split('\n').length, 2);
});

test('calls of a capture without an answer', (t) => {
	const late: MessageParts = {...answer, serial: 12, replySerial: 6};
	const file = capture(t, [
		call,
		answer,
		{...call, serial: 6},
		{...call, serial: 7, flags: 1},
		signal,
		{...call, serial: 8},
		late,
	]);
	const {stdout} = run('--json', 'open', file, '--filter', 'is:unanswered');
	t.deepEqual(
		parsed(stdout).map((message) => (message as {serial: number}).serial),
		[8],
	);
	const {code, stderr} = run('open', file, '--filter', 'is:open');
	t.is(code, 2);
	t.regex(stderr, /no message can be "open"; there is unanswered/);
});

test('JSON lines come back as they were, and again', (t) => {
	const first = run('--json', 'open', capture(t)).stdout;
	const file = path.join(temporaryFolder(t), 'lines.json');
	fs.writeFileSync(file, first);
	const {stdout: second, stderr} = run('--json', 'open', file);
	t.deepEqual(parsed(second), parsed(first));
	t.regex(stderr, /3 messages seen/);
	const [message] = parsed(first) as Array<{body: unknown[]}>;
	t.deepEqual(message?.body, [
		'text \u001b[31m "quoted" 冻结 \u202e',
		{nested: {type: 'a(sv)', data: [['x', {type: 'ay', data: [0, 255]}]]}, nan: {type: 'd', data: 'NaN'}},
		[...Buffer.from('bytes')],
		'-9223372036854775808',
		'18446744073709551615',
		0.1,
		[-1, true],
		{4294967295: true, 0: false},
		0,
	]);
	fs.appendFileSync(
		file,
		'{"type":"signal"}\nno json\n\n{"type":"signal","serial":1,"signature":"s","body":[1]}',
	);
	const broken = run('--json', 'open', file);
	t.is(broken.code, 0);
	t.regex(broken.stderr, /3 records of the capture/);
});

test('a body that is too long for a line is left out, and said so', (t) => {
	const large = {...signal, signature: 'ay', body: [Buffer.alloc(9_000_000)]};
	const {stdout} = run('--json', 'open', capture(t, [large, signal]));
	const [first, second] = parsed(stdout) as Array<Record<string, unknown>>;
	t.like(first, {bodyOmitted: 9_000_004, body: undefined});
	t.like(second, {member: 'Stored', body: []});
});

test('a capture can come through a pipe, and go on through one', (t) => {
	const command = (args: string) => `"${process.execPath}" "${program}" ${args}`;
	const pipe = `${command(`open "${capture(t)}" --pcap -`)} | ${command('--lang en open - --filter type:signal')}`;
	const {stdout, stderr} = spawnSync('sh', ['-c', pipe], {encoding: 'utf8'});
	t.regex(stdout, /^\S+ {2}org\.example\.Service {2}≋ Stored\(\) {2}\d+ B\n$/);
	t.regex(stderr, /3 messages seen, 1 shown/);
});

test('what is no capture is refused with its exit code', (t) => {
	const file = path.join(temporaryFolder(t), 'text');
	fs.writeFileSync(file, 'no capture');
	const {code, stdout} = run('--json', 'open', file);
	t.is(code, 4);
	t.like(JSON.parse(stdout), {ok: false, error: {code: 'bad-capture'}});
	t.is(run('open', '/nowhere').code, 4);
	t.is(run('open', file, '--filter', 'a (').code, 2);
});

test('what busctl captured can be opened: real messages, real pairs', async (t) => {
	const bus = await testBus(t);
	const file = path.join(bus.dir, 'busctl.capture');
	const busctl = spawn('busctl', [`--address=${bus.address}`, 'capture'], {
		stdio: ['ignore', fs.openSync(file, 'w'), 'ignore'],
	});
	t.teardown(() => busctl.kill('SIGKILL'));
	await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	await until(async () => {
		await client.add(demoServices.counter, 1);
		return fs.statSync(file).size > 0;
	}, 'busctl captures');
	await client.add(demoServices.counter, 1);
	const before = fs.statSync(file).size;
	await until(async () => {
		client.bump(1);
		return fs.statSync(file).size > before;
	}, 'busctl has written');
	busctl.kill('SIGINT');
	await once(busctl, 'exit');
	const {code, stdout, stderr} = run('open', file, '--filter', 'member:Add', '--body');
	t.is(code, 0, stderr);
	t.regex(
		stdout,
		/→ org\.dbusfreeze\.Demo\.Counter {2}Add\(1\).*\n.*org\.dbusfreeze\.Demo\.Counter → .*✔ Add\(\d+\)/,
	);
});
