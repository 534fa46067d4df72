import {execFileSync, spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {readLayer} from '../../src/checkpoint/move/oci/unpack.js';
import {Placement} from '../../src/checkpoint/move/placement.js';
import {unpackInto} from '../../src/checkpoint/move/unpack.js';
import {CheckpointStore} from '../../src/checkpoint/store.js';
import type {Fault} from '../../src/common/fault.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {exampleCheckpoint, filesBelow} from '../checkpoint/move/parcels.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli, type JsonError, program} from '../support/cli.js';
import {temporaryFolder} from '../support/compile.js';
import {eventually} from '../support/eventually.js';
import {programPath} from '../support/on-path.js';
import {openPty} from '../support/pty.js';
import {demoServices, startService} from '../support/services.js';

const {counter} = demoServices;

interface Packed {
	file: string;
	id: string;
	bytes: number;
	packedBytes: number;
	encrypted: boolean;
}
interface Unpacked {
	checkpoint: string;
	id: string;
}
interface Listed {
	checkpoints: Array<{name: string; dir: string; state: string}>;
}

async function errorOf(t: ExecutionContext, cli: Cli, code: number, ...args: string[]) {
	const run = await cli.json<JsonError>(...args);
	t.is(run.code, code, JSON.stringify(run.document));
	return run.document.error;
}

test('a frozen service is packed while it is held, unpacked, and still thawed with its connection', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	t.is(await client.add(counter, 3), 3);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const file = path.join(bus.dir, 'counter.dbusfreeze');
	const packed = await cli.ok<Packed>(t, 'pack', checkpoint, file);
	t.is(packed.packedBytes, fs.statSync(file).size);
	t.true(packed.packedBytes < packed.bytes);
	t.false(packed.encrypted);
	const elsewhere = path.join(bus.dir, 'elsewhere');
	const unpacked = await cli.ok<Unpacked>(t, 'unpack', file, '--output', elsewhere);
	t.is(unpacked.checkpoint, elsewhere);
	t.is(unpacked.id, packed.id);
	t.deepEqual(
		fs.readdirSync(path.join(elsewhere, 'images')),
		fs.readdirSync(path.join(checkpoint, 'images')),
	);
	const {checkpoints} = await cli.ok<Listed>(t, 'checkpoints');
	t.is(checkpoints.length, 2);
	const answered = client.add(counter, 4);
	const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.is(await answered, 7);
	t.is(thawed.mode, 'held');
	t.true(
		thawed.warnings.some((one) => JSON.stringify(one).includes(file)),
		'it is told of the copy',
	);
	const {message} = await errorOf(t, cli, 5, 'thaw', checkpoint);
	t.regex(message, /thawed already/);
	t.is((await errorOf(t, cli, 5, 'pack', checkpoint, file)).code, 'output-exists');
});

test('unpacked where the original is gone, it is thawed with a new connection and knows what it knew', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	t.is(await client.add(counter, 41), 41);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const file = path.join(bus.dir, 'counter.dbusfreeze');
	await cli.ok<Packed>(t, 'pack', checkpoint, file);
	const {checkpoint: copy} = await cli.ok<Unpacked>(t, 'unpack', file);
	t.is((await errorOf(t, cli, 5, 'thaw', copy)).code, 'copy-lives');
	t.false(fs.existsSync(path.join(copy, 'keeper.sock')), 'no keeper was started for it');
	await cli.ok(t, 'checkpoints', 'remove', path.basename(checkpoint), '--force');
	t.is(await client.owner(counter.name), undefined, 'nobody holds its name');
	const thawed = await cli.json<ThawResult>('thaw', copy);
	t.is(thawed.document.mode, 'reconnected', JSON.stringify(thawed.document));
	t.is(await client.add(counter, 1), 42);
	const {checkpoint: second} = await cli.ok<Unpacked>(t, 'unpack', file);
	t.is((await errorOf(t, cli, 5, 'thaw', second)).code, 'copy-lives');
});

test('encrypted with a passphrase from a descriptor, a file or the keyboard: never from the command line', async (t) => {
	const {cli, checkpoint, folder} = await example(t);
	const file = path.join(folder, 'packed');
	const secret = path.join(folder, 'secret');
	fs.writeFileSync(secret, 'correct horse\nnot this\n', {mode: 0o600});
	const packed = await cli.ok<Packed>(t, 'pack', checkpoint, file, '--passphrase-file', secret);
	t.true(packed.encrypted);
	t.is(fs.readFileSync(file, 'latin1').split('\n')[0], 'age-encryption.org/v1');
	t.is((await errorOf(t, cli, 4, 'unpack', file)).code, 'archive-locked');
	const {code} = await cli.run(['unpack', file, '--passphrase-fd', '0'], 'correct horse\n');
	t.is(code, 0);
	const command = [process.execPath, program, '--state-dir', cli.stateDir, 'unpack', file, '--passphrase'];
	const pty = openPty(command, {env: {...cli.env, LANG: 'C.UTF-8'}});
	t.teardown(pty.kill);
	await pty.until(/Passphrase:/);
	pty.write('correct  horse\u007f\u007f\u007f\u007f\u007f\u007fhorse\r'); // mistyped, and corrected
	t.is(await pty.ended(), 0, pty.text());
	t.notRegex(pty.output(), /horse/, 'it is not shown');
	for (const args of [
		['--passphrase'],
		['--passphrase-fd', '77'],
		['--passphrase-fd', 'x'],
		['--passphrase-file', path.join(folder, 'nothing')],
		['--passphrase-file', secret, '--recipient', 'age1x'],
		['--recipient', 'age1x'],
		['--passphrase-file', '/dev/null'],
	])
		t.true(
			(await errorOf(t, cli, 2, 'pack', checkpoint, `${file}2`, ...args)).message.length > 10,
			args.join(' '),
		);
	t.deepEqual(fs.readdirSync(folder).sort(), ['packed', 'secret', 'state']);
});

test('wrong files: exit 4, and nothing is made', async (t) => {
	const {cli, folder} = await example(t);
	t.is((await errorOf(t, cli, 4, 'unpack', path.join(folder, 'nothing'))).code, 'no-archive');
	t.is((await errorOf(t, cli, 4, 'unpack', folder)).code, 'no-archive');
	t.is((await errorOf(t, cli, 4, 'unpack', program)).code, 'bad-archive');
	t.is((await errorOf(t, cli, 4, 'unpack', `oci:${folder}:x`)).code, 'bad-archive');
	t.is((await errorOf(t, cli, 4, 'pack', 'nobody', path.join(folder, 'x'))).code, 'no-checkpoint');
	t.false(fs.existsSync(path.join(cli.stateDir, 'checkpoints')) && filesBelow(cli.stateDir).length > 0);
});

test('killed in the middle, neither packing nor unpacking leaves a half; Ctrl-C leaves nothing at all', async (t) => {
	const {cli, checkpoint, folder} = await example(t, randomBytes(150_000_000));
	const file = path.join(folder, 'packed');
	/** Ends the program when something of what it builds is there. */
	const killed = async (dir: string, signal: NodeJS.Signals, ...args: string[]) => {
		const child = cli.start(...args);
		const over = once(child, 'exit');
		const builds = (name: string) => name.includes(`.${child.pid}.`) && hasBytes(path.join(dir, name));
		await eventually(() => fs.existsSync(dir) && fs.readdirSync(dir).some(builds));
		child.kill(signal);
		await over;
	};
	const visible = (dir: string) => fs.readdirSync(dir).filter((name) => !name.startsWith('.'));
	await killed(folder, 'SIGKILL', 'pack', checkpoint, file);
	t.deepEqual(visible(folder), ['state']);
	await killed(folder, 'SIGINT', 'pack', checkpoint, file);
	t.deepEqual(fs.readdirSync(folder), ['state'], 'what the killed one had left is gone, too');
	await cli.ok<Packed>(t, 'pack', checkpoint, file);
	const store = path.join(cli.stateDir, 'checkpoints');
	await killed(store, 'SIGKILL', 'unpack', file);
	t.deepEqual(visible(store), []);
	t.deepEqual((await cli.ok<Listed>(t, 'checkpoints')).checkpoints, []);
	await killed(store, 'SIGTERM', 'unpack', file);
	t.deepEqual(fs.readdirSync(store), []);
});

test('a full disk stops it cleanly', async (t) => {
	const {cli, checkpoint, folder} = await example(t, randomBytes(4_000_000));
	const file = path.join(folder, 'packed');
	await cli.ok<Packed>(t, 'pack', checkpoint, file);
	const small = path.join(folder, 'small');
	fs.mkdirSync(small);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', small]);
	t.teardown(() => execFileSync('umount', [small]));
	t.is((await errorOf(t, cli, 6, 'pack', checkpoint, path.join(small, 'x'))).code, 'disk-full');
	t.deepEqual(fs.readdirSync(small), []);
	t.is((await errorOf(t, cli, 5, 'unpack', file, '--output', path.join(small, 'x'))).code, 'no-space');
	t.deepEqual(fs.readdirSync(small), []);
});

test('an OCI image layout holds many, travels through a real registry, and is checked when it is read', async (t) => {
	const {cli, checkpoint, folder} = await example(t, randomBytes(500_000));
	const layout = path.join(folder, 'layout');
	const first = await cli.ok<Packed>(t, 'pack', checkpoint, `oci:${layout}:one`);
	await cli.ok<Packed>(t, 'pack', checkpoint, `oci:${layout}:two`);
	await cli.ok<Packed>(t, 'pack', checkpoint, `oci:${layout}:one`);
	const index = JSON.parse(fs.readFileSync(path.join(layout, 'index.json'), 'utf8'));
	t.is(index.manifests.length, 2, 'a tag is replaced');
	t.is((await cli.ok<Unpacked>(t, 'unpack', `oci:${layout}:two`)).id, first.id);
	t.is((await errorOf(t, cli, 4, 'unpack', `oci:${layout}:three`)).code, 'bad-archive');
	const registry = await startRegistry(t, folder);
	if (registry === undefined) t.log('docker-registry or skopeo is not installed: no registry was tried');
	else {
		const image = `docker://${registry}/fleet/counter:one`;
		execFileSync('skopeo', ['copy', '--dest-tls-verify=false', `oci:${layout}:one`, image], {stdio: 'pipe'});
		const back = path.join(folder, 'back');
		execFileSync('skopeo', ['copy', '--src-tls-verify=false', image, `oci:${back}:one`], {stdio: 'pipe'});
		const {checkpoint: copy, id} = await cli.ok<Unpacked>(t, 'unpack', `oci:${back}:one`);
		t.is(id, first.id);
		for (const name of filesBelow(path.join(checkpoint, 'images')))
			t.true(
				fs
					.readFileSync(path.join(copy, 'images', name))
					.equals(fs.readFileSync(path.join(checkpoint, 'images', name))),
			);
	}
	const blobs = path.join(layout, 'blobs/sha256');
	const outcomes = new Set<string>();
	for (const name of fs.readdirSync(blobs)) {
		const blob = path.join(blobs, name);
		const content = fs.readFileSync(blob);
		const spoilt = Buffer.from(content);
		spoilt[content.length - 2] = (spoilt[content.length - 2] ?? 0) ^ 1;
		for (const spoil of [
			() => fs.writeFileSync(blob, spoilt),
			() => fs.writeFileSync(blob, content.subarray(0, -1)),
			() => fs.symlinkSync('/etc/passwd', blob),
		]) {
			fs.rmSync(blob);
			spoil();
			outcomes.add(`${content.length > 5000} ${await defectOf(t, layout)}`);
		}
		fs.rmSync(blob);
		fs.writeFileSync(blob, content);
	}
	// The blobs of the other image, which nobody reads, harm nothing.
	t.deepEqual([...outcomes].sort(), [
		'false checksum',
		'false layout',
		'false none',
		'true checksum',
		'true layout',
		'true none',
		'true truncated',
	]);
});

test('an encrypted layer says nothing of what is in it', async (t) => {
	const {cli, checkpoint, folder} = await example(t);
	const secret = path.join(folder, 'secret');
	fs.writeFileSync(secret, 'x\n');
	const place = `oci:${path.join(folder, 'layout')}`;
	await cli.ok<Packed>(t, 'pack', checkpoint, place, '--passphrase-file', secret);
	const text = filesBelow(path.join(folder, 'layout'))
		.map((name) => fs.readFileSync(path.join(folder, 'layout', name), 'latin1'))
		.join();
	t.notRegex(text, /org\.example/);
	t.is((await errorOf(t, cli, 4, 'unpack', place)).code, 'archive-locked');
	await cli.ok<Unpacked>(t, 'unpack', place, '--passphrase-file', secret);
});

/** A checkpoint whose keeper has gone, and the program with a state dir that has nothing else. No bus is needed. */
async function example(t: ExecutionContext, pages?: Buffer<ArrayBuffer>) {
	const checkpoint = exampleCheckpoint(t, pages).dir;
	const folder = path.join(path.dirname(path.dirname(checkpoint)), 'work');
	fs.mkdirSync(folder);
	const cli = new Cli({
		dir: folder,
		env: {DBUS_SYSTEM_BUS_ADDRESS: '', DBUSFREEZE_PRIVATE_BUS: ''},
		address: '',
		pid: 0,
		stop: async () => {},
	});
	fs.mkdirSync(cli.stateDir);
	return {cli, checkpoint, folder};
}

/** What is wrong with the second image of the layout. */
async function defectOf(t: ExecutionContext, layout: string): Promise<string> {
	const placement = new Placement(new CheckpointStore(temporaryFolder(t)));
	try {
		await unpackInto(placement, readLayer({dir: layout, tag: 'two'}), 'the layout');
		return 'none';
	} catch (error) {
		return (error as Fault<'bad-archive'>).params.defect;
	} finally {
		placement.discard();
	}
}

function hasBytes(place: string): boolean {
	if (!fs.statSync(place).isDirectory()) return fs.statSync(place).size > 0;
	return filesBelow(place).length > 3;
}

/** Debian's registry server on a free port. */
async function startRegistry(t: ExecutionContext, folder: string): Promise<string | undefined> {
	const registry = programPath('docker-registry');
	if (registry === undefined || programPath('skopeo') === undefined) return undefined;
	const config = path.join(folder, 'registry.yml');
	const root = path.join(folder, 'registry');
	fs.writeFileSync(
		config,
		`version: 0.1\nstorage: {filesystem: {rootdirectory: ${root}}}\nhttp: {addr: 127.0.0.1:0}\n`,
	);
	const child = spawn(registry, ['serve', config], {stdio: ['ignore', 'ignore', 'pipe']});
	t.teardown(() => child.kill('SIGKILL'));
	let said = '';
	child.stderr.on('data', (data: Buffer) => {
		said += data;
	});
	return eventually(() => /listening on (127\.0\.0\.1:\d+)/.exec(said)?.[1]);
}
