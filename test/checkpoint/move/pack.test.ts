import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'ava';
import type {Checkpoint} from '../../../src/checkpoint/folder.js';
import {copiesOf, recordCopy, refuseMoved, refuseSecondLife} from '../../../src/checkpoint/move/copies.js';
import {packInto} from '../../../src/checkpoint/move/pack.js';
import {Placement} from '../../../src/checkpoint/move/placement.js';
import {unpackInto} from '../../../src/checkpoint/move/unpack.js';
import {CheckpointStore} from '../../../src/checkpoint/store.js';
import {Fault} from '../../../src/common/fault.js';
import {temporaryFolder} from '../../support/compile.js';
import {isOnPath} from '../../support/on-path.js';
import {blocksOf, exampleCheckpoint, filesBelow, manifest, unpacking} from './parcels.js';

const travelling = [
	'before.json',
	'events.jsonl',
	'images/inventory.img',
	'images/pages-1.img',
	'manifest.json',
	'stash/77/00000001.stash',
];

test('what belongs to the process travels, byte for byte; what belongs to the place stays', async (t) => {
	const checkpoint = exampleCheckpoint(t, randomBytes(3_000_001));
	const socket = net.createServer().listen(path.join(checkpoint.dir, 'keeper.sock'));
	t.teardown(() => socket.close());
	execFileSync('mkfifo', [path.join(checkpoint.dir, 'gate/dump/question')]);
	const file = path.join(temporaryFolder(t), 'packed');
	const done: number[] = [];
	const {index, size} = await packInto(file, checkpoint, {
		onProgress: (progress) => done.push(progress.done),
	});
	t.deepEqual(index.files.map((one) => one.path).sort(), travelling);
	t.is(index.files[0]?.path, 'manifest.json');
	t.is(fs.statSync(file).size, size);
	t.is(done.at(-1), index.bytes);
	const {checkpoint: copy} = await unpacking(t, fs.readFileSync(file));
	t.truthy(copy);
	for (const name of travelling.filter((one) => one !== 'manifest.json'))
		t.true(bytesOf(copy, name).equals(bytesOf(checkpoint, name)), name);
	t.deepEqual(copy?.readManifest(), {...manifest, keeper: null}, 'nobody here holds its connection');
	t.deepEqual(filesBelow(copy?.dir ?? ''), [...travelling, 'origin.json'].sort());
});

test('what is unpacked is closed to others and belongs to whoever unpacks, whatever the umask', async (t) => {
	const checkpoint = exampleCheckpoint(t);
	for (const name of filesBelow(checkpoint.dir)) fs.chmodSync(path.join(checkpoint.dir, name), 0o6777);
	const previous = process.umask(0);
	t.teardown(() => process.umask(previous));
	const file = path.join(temporaryFolder(t), 'packed');
	await packInto(file, checkpoint);
	t.is(fs.statSync(file).mode & 0o7777, 0o600);
	const {checkpoint: copy} = await unpacking(t, fs.readFileSync(file));
	const all = fs.readdirSync(copy?.dir ?? '', {recursive: true, encoding: 'utf8'});
	t.true(all.length > 8);
	for (const name of ['.', ...all]) {
		const stat = fs.statSync(path.join(copy?.dir ?? '', name));
		t.is(stat.mode & 0o7777, stat.isDirectory() ? 0o700 : 0o600, name);
		t.is(stat.uid, process.geteuid?.() ?? -1);
	}
});

test('files that grow are packed as they were; one that shrinks or vanishes stops it', async (t) => {
	const checkpoint = exampleCheckpoint(t, randomBytes(4_000_000));
	const journal = path.join(checkpoint.dir, 'events.jsonl');
	const folder = temporaryFolder(t);
	let grown = false;
	await packInto(path.join(folder, 'grown'), checkpoint, {
		onProgress: () => {
			if (!grown) fs.appendFileSync(journal, '{"more":1}\n'.repeat(1000));
			grown = true;
		},
	});
	const {checkpoint: copy} = await unpacking(t, fs.readFileSync(path.join(folder, 'grown')));
	t.is(bytesOf(copy, 'events.jsonl').length, 3);
	const pages = path.join(checkpoint.dir, 'images/pages-1.img');
	for (const spoil of [() => fs.truncateSync(pages, 2_000_000), () => fs.rmSync(pages, {force: true})]) {
		const file = path.join(folder, 'spoilt');
		await t.throwsAsync(packInto(file, checkpoint, {onProgress: spoil}), {message: /checkpoint-changed/});
		t.deepEqual(fs.readdirSync(folder), ['grown'], 'nothing half is left');
	}
});

test('a checkpoint that is thawed while it is packed gives no file', async (t) => {
	const checkpoint = exampleCheckpoint(t);
	const file = path.join(temporaryFolder(t), 'packed');
	const onProgress = () => checkpoint.writeManifest({...manifest, state: 'thawed'});
	await t.throwsAsync(packInto(file, checkpoint, {onProgress}), {message: /checkpoint-changed/});
	t.false(fs.existsSync(file));
});

test('what has no complete images, or links among them, is not packed', async (t) => {
	const file = path.join(temporaryFolder(t), 'packed');
	const linked = exampleCheckpoint(t);
	fs.symlinkSync('/etc/passwd', path.join(linked.images, 'parent'));
	await t.throwsAsync(packInto(file, linked), {message: /unpackable.*parent/});
	const empty = exampleCheckpoint(t);
	fs.rmSync(path.join(empty.images, 'inventory.img'));
	await t.throwsAsync(packInto(file, empty), {message: /unpackable.*inventory/});
	const aborted = exampleCheckpoint(t);
	aborted.writeManifest({...manifest, state: 'aborted'});
	await t.throwsAsync(packInto(file, aborted), {message: /not-frozen/});
	const thawed = exampleCheckpoint(t);
	thawed.writeManifest({...manifest, state: 'thawed'});
	await t.throwsAsync(packInto(file, thawed, {move: true}), {message: /already-thawed/});
});

test('nothing is overwritten, neither a file nor a folder', async (t) => {
	const folder = temporaryFolder(t);
	const file = path.join(folder, 'packed');
	const checkpoint = exampleCheckpoint(t);
	fs.writeFileSync(file, 'precious');
	await t.throwsAsync(packInto(file, checkpoint), {message: /output-exists/});
	// It comes while we work.
	const other = path.join(folder, 'other');
	const onProgress = () => fs.writeFileSync(other, 'precious');
	await t.throwsAsync(packInto(other, checkpoint, {onProgress}), {message: /output-exists/});
	t.is(fs.readFileSync(file, 'utf8') + fs.readFileSync(other, 'utf8'), 'preciousprecious');
	const store = new CheckpointStore(path.join(folder, 'state'));
	const taken = path.join(folder, 'taken');
	fs.mkdirSync(taken);
	fs.writeFileSync(path.join(taken, 'precious'), '');
	t.throws(() => new Placement(store, taken), {message: /output-exists/});
	await t.throwsAsync(packInto(path.join(file, 'below'), checkpoint), {message: /output-unwritable/});
	t.deepEqual(fs.readdirSync(folder).sort(), ['other', 'packed', 'taken']);
});

test('a passphrase, or a key, and nothing else opens an encrypted one; age opens it too', async (t) => {
	const {generateX25519Identity, identityToRecipient} = await import('age-encryption');
	const folder = temporaryFolder(t);
	const checkpoint = exampleCheckpoint(t, randomBytes(300_000));
	const identity = await generateX25519Identity();
	const recipients = [await identityToRecipient(identity)];
	await packInto(path.join(folder, 'key'), checkpoint, {lock: {recipients}});
	const locked = fs.readFileSync(path.join(folder, 'key'));
	t.is((await unpacking(t, locked, {identities: [identity]})).fault, undefined);
	const cases = [
		[{}, 'no-key'],
		[{passphrase: 'x'}, 'wrong-key'],
		[{identities: [await generateX25519Identity()]}, 'wrong-key'],
	] as const;
	for (const [keys, why] of cases) {
		const {fault, left} = await unpacking(t, locked, keys);
		t.is(fault?.code, 'archive-locked');
		t.is((fault?.params as {why?: string} | undefined)?.why, why);
		t.deepEqual(left, []);
	}
	t.is((await unpacking(t, locked, {identities: ['AGE-nonsense']})).fault?.code, 'bad-key');
	await t.throwsAsync(packInto(path.join(folder, 'x'), checkpoint, {lock: {recipients: ['age1nonsense']}}), {
		message: /bad-key/,
	});
	for (const at of [30, 400, 150_000, locked.length - 1]) {
		const spoilt = Buffer.from(locked);
		spoilt[at] = (spoilt[at] ?? 0) ^ 1;
		const {fault, left} = await unpacking(t, spoilt, {identities: [identity]});
		t.truthy(fault, `a bit at ${at}`);
		t.deepEqual(left, []);
		t.truthy((await unpacking(t, locked.subarray(0, at), {identities: [identity]})).fault, `cut at ${at}`);
	}
	const endless = Buffer.concat([locked.subarray(0, 22), Buffer.alloc(1_000_000, 'x')]);
	t.is((await unpacking(t, endless, {identities: [identity]})).fault?.code, 'bad-archive');
	await packInto(path.join(folder, 'passphrase'), checkpoint, {lock: {passphrase: '口令 of mine'}});
	const closed = fs.readFileSync(path.join(folder, 'passphrase'));
	t.is((await unpacking(t, closed, {passphrase: '口令 of mine'})).fault, undefined);
	t.is((await unpacking(t, closed, {passphrase: 'another'})).fault?.code, 'archive-locked');
	if (!isOnPath('age')) return t.log('age is not installed: not compared with it');
	fs.writeFileSync(path.join(folder, 'identity'), identity);
	const plain = execFileSync('age', ['-d', '-i', path.join(folder, 'identity'), path.join(folder, 'key')]);
	t.is((await unpacking(t, plain)).fault, undefined, 'what age decrypts is the plain archive');
	const byAge = execFileSync('age', ['-r', recipients[0] ?? ''], {input: plain});
	t.is(
		(await unpacking(t, byAge, {identities: [identity]})).fault,
		undefined,
		'what age encrypts is understood',
	);
});

test('a moved checkpoint is not thawed; neither is a copy of one that lives here', async (t) => {
	const checkpoint = exampleCheckpoint(t);
	const stateDir = path.dirname(path.dirname(checkpoint.dir));
	t.notThrows(() => refuseSecondLife(checkpoint, stateDir));
	const file = path.join(temporaryFolder(t), 'packed');
	await packInto(file, checkpoint);
	recordCopy(checkpoint, {kind: 'file', to: file, at: '2026-01-01', state: 'packed'});
	const store = new CheckpointStore(stateDir);
	const placement = new Placement(store);
	const {name} = await unpackInto(placement, blocksOf(fs.readFileSync(file)), file);
	const copy = await placement.commit(name);
	t.notThrows(() => refuseSecondLife(checkpoint, stateDir), 'two that lie there hurt nobody');
	copy.writeManifest({...copy.readManifest(), state: 'thawed'});
	const error = t.throws(() => refuseSecondLife(checkpoint, stateDir), {instanceOf: Fault});
	t.deepEqual(error?.params, {checkpoint: checkpoint.dir, other: copy.dir, standing: 'thawed'});
	const other = exampleCheckpoint(t);
	recordCopy(other, {kind: 'host', to: 'me@there', at: '2026-01-01', state: 'moved'});
	recordCopy(other, {kind: 'host', to: 'me@there', at: '2026-01-02', state: 'moved'});
	t.is(copiesOf(other).length, 1);
	t.throws(() => refuseMoved(other), {message: /moved.*me@there/});
});

function bytesOf(checkpoint: Checkpoint | undefined, name: string): Buffer {
	return fs.readFileSync(path.join(checkpoint?.dir ?? '', name));
}
