import {spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {exampleCheckpoint} from '../checkpoint/move/parcels.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli, type JsonError, program} from '../support/cli.js';
import {temporaryFolder} from '../support/compile.js';
import {demoServices, startService} from '../support/services.js';
import {breakingLine, startSshd} from '../support/sshd.js';

const {counter} = demoServices;

interface Sent {
	outcome: string;
	name: string;
	size: number;
	sentBytes: number;
}

test('a frozen service moves over a real ssh server and is thawed there; here it is refused', async (t) => {
	const sshd = await startSshd(t);
	if (!sshd) return t.pass('openssh-server is not installed: not tried');
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	t.is(await client.add(counter, 41), 41);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	// The other machine is this one, with a state dir of its own.
	const there = path.join(bus.dir, 'there');
	const remote = `${process.execPath} ${program} --state-dir ${there}`;
	const args = ['send', checkpoint, sshd.host, ...sshd.options, '--remote-command', remote];
	const sent = await cli.ok<Sent>(t, ...args);
	t.is(sent.outcome, 'sent');
	const refused = await cli.json<JsonError>('thaw', checkpoint);
	t.is(refused.code, 5);
	t.is(refused.document.error.code, 'moved');
	t.is(refused.document.error.processState, 'frozen');
	const {checkpoints} = await cli.ok<{checkpoints: Array<{state: string; movedTo?: string}>}>(
		t,
		'checkpoints',
	);
	t.is(checkpoints[0]?.movedTo, sshd.host);
	// It has gone: nothing is lost when its hold ends here.
	await cli.ok(t, 'checkpoints', 'remove', path.basename(checkpoint));
	const thawed = await cli.json<ThawResult>('--state-dir', there, 'thaw', sent.name);
	t.is(thawed.document.mode, 'reconnected', JSON.stringify(thawed.document));
	t.is(await client.add(counter, 1), 42);
});

test('moved by mistake: --force thaws it here', async (t) => {
	const sshd = await startSshd(t);
	if (!sshd) return t.pass('openssh-server is not installed: not tried');
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const remote = `${process.execPath} ${program} --state-dir ${path.join(bus.dir, 'there')}`;
	await cli.ok<Sent>(t, 'send', checkpoint, sshd.host, ...sshd.options, '--remote-command', remote);
	const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint, '--force');
	t.is(thawed.mode, 'held');
	t.is(await client.add(counter, 5), 5);
});

test('the line breaks in the middle: the same command goes on where it stopped', async (t) => {
	const sshd = await startSshd(t);
	if (!sshd) return t.pass('openssh-server is not installed: not tried');
	const checkpoint = exampleCheckpoint(t, randomBytes(20_000_000)).dir;
	const dir = temporaryFolder(t);
	const cli = new Cli({
		dir,
		env: {DBUS_SYSTEM_BUS_ADDRESS: '', DBUSFREEZE_PRIVATE_BUS: ''},
		address: '',
		pid: 0,
		stop: async () => {},
	});
	const there = path.join(dir, 'there');
	const remote = `echo Welcome!; ${process.execPath} ${program} --state-dir ${there}`;
	const args = ['send', checkpoint, sshd.host, ...sshd.options, '--remote-command', remote];
	const port = await breakingLine(t, sshd.port, 8_000_000);
	const broken = await cli.json<JsonError>(
		...args.map((one) => (one === `Port=${sshd.port}` ? `Port=${port}` : one)),
	);
	t.is(broken.code, 6, JSON.stringify(broken.document));
	t.is(broken.document.error.code, 'send-failed');
	t.is(broken.document.error.processState, 'untouched');
	const incoming = path.join(there, 'incoming');
	const part = fs.readdirSync(incoming).find((name) => name.endsWith('.part')) ?? '';
	const kept = fs.statSync(path.join(incoming, part)).size;
	t.true(kept > 1_000_000 && kept < 8_000_000, `${kept} bytes are there`);
	const {sentBytes, size} = await cli.ok<Sent>(t, ...args);
	t.true(sentBytes <= size - 1_000_000, `${sentBytes} of ${size} were sent the second time`);
	t.deepEqual(fs.readdirSync(incoming), []);
});

test('no such host, no program there, no host at all: said, and nothing is moved', async (t) => {
	const checkpoint = exampleCheckpoint(t).dir;
	const dir = temporaryFolder(t);
	const env = {DBUS_SYSTEM_BUS_ADDRESS: '', DBUSFREEZE_PRIVATE_BUS: ''};
	const cli = new Cli({dir, env, address: '', pid: 0, stop: async () => {}});
	const errorOf = async (code: number, ...args: string[]) => {
		const run = await cli.json<JsonError>('send', checkpoint, ...args);
		t.is(run.code, code, JSON.stringify(run.document));
		return run.document.error;
	};
	for (const host of ['-oProxyCommand=touch /tmp/evil', '', 'a b', '-l'])
		t.is((await errorOf(2, '--', host)).code, 'usage', host);
	const sshd = await startSshd(t);
	if (!sshd) return t.pass('openssh-server is not installed: not tried');
	const missing = await errorOf(6, sshd.host, ...sshd.options, '--remote-command', 'no-such-program');
	t.regex(missing.message, /does not answer there/);
	const refused = await errorOf(6, sshd.host, ...sshd.options, '-o', 'Port=1');
	t.is(refused.code, 'send-failed');
	t.false(fs.existsSync(path.join(checkpoint, 'copies.json')));
	const run = spawn(process.execPath, [program, 'receive'], {stdio: ['pipe', 'pipe', 'pipe']});
	run.stdin.end('nonsense\n');
	t.regex(await text(run.stdout), /"fault":\{"code":"bad-peer"/);
});
