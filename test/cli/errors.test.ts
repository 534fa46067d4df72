import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli, type JsonError, program} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';

const {counter} = demoServices;

async function fails(
	t: ExecutionContext,
	cli: Cli,
	code: number,
	kind: string,
	...args: string[]
): Promise<JsonError['error']> {
	const run = await cli.json<JsonError>(...args);
	t.is(run.code, code, JSON.stringify(run.document));
	t.false(run.document.ok);
	t.is(run.document.error.code, kind);
	t.true(run.document.error.message.length > 20);
	t.true(run.document.error.hint.length > 10);
	const {stderr, code: again} = await cli.run(args);
	t.is(again, code, 'the same without --json');
	t.true(stderr.includes(run.document.error.message));
	return run.document.error;
}

test('wrong targets and checkpoints: exit 4, nothing touched', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	const {processState} = await fails(t, cli, 4, 'no-target', 'freeze', 'org.example.Nobody');
	t.is(processState, 'untouched');
	await fails(t, cli, 4, 'no-target', 'freeze', ':1.9999');
	const gone = spawn('true');
	await once(gone, 'exit');
	await fails(t, cli, 4, 'dead-pid', 'freeze', `pid:${gone.pid}`);
	await fails(t, cli, 4, 'no-checkpoint', 'thaw', bus.dir);
	await fails(t, cli, 4, 'no-checkpoint', 'thaw', 'no-such-checkpoint');
	await fails(t, cli, 4, 'no-checkpoint', 'checkpoints', 'remove', 'no-such-checkpoint');
	t.false(fs.existsSync(cli.stateDir), 'not even the state dir was made');
});

test('a damaged manifest is no checkpoint, and says which field', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	const dir = path.join(bus.dir, 'damaged');
	fs.mkdirSync(dir);
	for (const [text, what] of [
		['{', /JSON/],
		['{"version": 99}', /version/],
		['[]', /manifest/],
	] as const) {
		fs.writeFileSync(path.join(dir, 'manifest.json'), text);
		const {message} = await fails(t, cli, 4, 'no-checkpoint', 'thaw', dir);
		t.regex(message, what);
	}
});

test('wrong usage: exit 2 and a hint', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	for (const args of [
		['freeze'],
		['frobnicate'],
		['--system', '--session', 'list'],
		['watch', '--count', '0'],
		['--lang', 'xx', 'list'],
	]) {
		const {code, stderr} = await cli.run(args);
		t.is(code, 2, args.join(' '));
		t.regex(stderr, /error:|not a positive/);
	}
	const {code, stderr} = await cli.run([]);
	t.is(code, 2, 'the screen needs a terminal');
	t.regex(stderr, /needs a terminal/);
});

test('no criu: exit 3, with what was tried', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const {message} = await fails(t, cli, 3, 'no-criu', '--criu', '/nowhere/criu', 'freeze', counter.name);
	t.regex(message, /\/nowhere\/criu/);
	const notCriu = path.join(bus.dir, 'criu');
	fs.writeFileSync(notCriu, '#!/bin/sh\necho Version: 3.17.1\n', {mode: 0o755});
	t.regex((await fails(t, cli, 3, 'no-criu', '--criu', notCriu, 'freeze', counter.name)).message, /3\.17\.1/);
});

test('not root: exit 3, nothing touched', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	// In a user namespace of its own the same files are readable, and the uid is another.
	const args = [
		'--user',
		'--map-user=1000',
		process.execPath,
		program,
		'--json',
		'--state-dir',
		cli.stateDir,
	];
	const child = spawn('unshare', [...args, 'freeze', counter.name], {env: cli.env});
	let out = '';
	child.stdout.on('data', (data) => {
		out += data;
	});
	const [code] = await once(child, 'close');
	t.is(code, 3, out);
	t.is((JSON.parse(out) as JsonError).error.code, 'not-root');
	t.true(fs.existsSync(`/proc/${pid}`));
	t.false(fs.existsSync(cli.stateDir));
});

test('no bus: exit 3', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	await fails(t, cli, 3, 'bus-unreachable', '--address', `unix:path=${bus.dir}/nothing`, 'list');
});

test('an output that cannot be written, or is taken: exit 5, nothing touched', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const file = path.join(bus.dir, 'a-file');
	fs.writeFileSync(file, 'mine');
	await fails(t, cli, 5, 'output-unwritable', 'freeze', counter.name, '--output', path.join(file, 'below'));
	await fails(t, cli, 5, 'output-exists', 'freeze', counter.name, '--output', bus.dir);
	t.is(fs.readFileSync(file, 'utf8'), 'mine');
	t.is(await client.add(counter, 1), 1);
	t.deepEqual(await cli.ok(t, 'checkpoints'), {ok: true, checkpoints: []});
});

test('frozen twice, thawed twice, removed while frozen: exit 5', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const output = path.join(bus.dir, 'checkpoint of mine');
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--output', output);
	t.is(checkpoint, output);
	const [entry] = (await cli.ok<{checkpoints: Array<{name: string; state: string}>}>(t, 'checkpoints'))
		.checkpoints;
	t.is(entry?.state, 'frozen');
	const {processState} = await fails(t, cli, 5, 'already-frozen', 'freeze', counter.name);
	t.is(processState, 'frozen');
	await fails(t, cli, 5, 'still-frozen', 'checkpoints', 'remove', entry?.name ?? '');
	await cli.ok<ThawResult>(t, 'thaw', entry?.name ?? '');
	await fails(t, cli, 5, 'already-thawed', 'thaw', output);
	t.is(await client.add(counter, 2), 2, 'the second thaw touched nothing');
	await cli.ok(t, 'checkpoints', 'remove', entry?.name ?? '');
	t.false(fs.existsSync(output));
});

test('a pid that was taken meanwhile: exit 5, still frozen', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const squatter = await takePid(pid);
	t.teardown(() => squatter.kill('SIGKILL'));
	const {processState} = await fails(t, cli, 5, 'pid-taken', 'thaw', checkpoint);
	t.is(processState, 'frozen');
	squatter.kill('SIGKILL');
	await once(squatter, 'exit');
	await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.is(await client.add(counter, 1), 1);
});

test('the keeper is killed: the connection is lost, and everything says so', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint, keeperPid} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	process.kill(keeperPid, 'SIGKILL');
	await until(async () => (await client.owner(counter.name)) === undefined, 'the daemon sees the disconnect');
	const {processState, message} = await fails(t, cli, 6, 'hold-lost', 'policy', checkpoint, 'refuse');
	t.is(processState, 'frozen');
	t.regex(message, /keeper/);
	t.regex((await cli.run(['checkpoints'])).stdout, /keeper gone/);
	t.regex((await cli.run(['doctor'])).stdout, /note +no checkpoint is left in between/);
});

test('ourselves, our ancestors and the bus daemon cannot be frozen: exit 5', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	await fails(t, cli, 5, 'own-process', 'freeze', 'org.freedesktop.DBus');
	await fails(t, cli, 5, 'own-process', 'freeze', `pid:${bus.pid}`);
	await fails(t, cli, 5, 'own-process', 'freeze', `pid:${process.pid}`);
});

test('a keeper cannot be frozen: what it holds would be lost to everybody', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	await startService(bus, counter);
	const {keeperPid} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	await fails(t, cli, 5, 'own-process', 'freeze', 'io.github.dbusfreeze1');
	await fails(t, cli, 5, 'own-process', 'freeze', `pid:${keeperPid}`);
});

test('the same sentences in Chinese', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	const {stderr, code} = await cli.run(['--lang', 'zh-CN', 'thaw', 'nothing']);
	t.is(code, 4);
	t.regex(stderr, /不是检查点/);
	t.regex((await cli.run(['--lang', 'zh-CN', '--help'])).stdout, /冻结/);
});

/** Starts a process with this very pid, by asking the kernel for the next one. */
async function takePid(pid: number) {
	for (;;) {
		fs.writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
		const child = spawn('sleep', ['1000'], {stdio: 'ignore'});
		if (child.pid === pid) return child;
		child.kill('SIGKILL');
		await once(child, 'exit');
	}
}
