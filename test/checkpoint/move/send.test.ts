import {randomBytes} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {PassThrough, Transform} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import type {Checkpoint} from '../../../src/checkpoint/folder.js';
import {copiesOf, movedTo, recordCopy} from '../../../src/checkpoint/move/copies.js';
import {Channel} from '../../../src/checkpoint/move/remote/protocol.js';
import {receive} from '../../../src/checkpoint/move/remote/receive.js';
import {type Sent, send} from '../../../src/checkpoint/move/remote/send.js';
import {CheckpointStore} from '../../../src/checkpoint/store.js';
import {Fault} from '../../../src/common/fault.js';
import {temporaryFolder} from '../../support/compile.js';
import {exampleCheckpoint, filesBelow, manifest} from './parcels.js';

/** After how many bytes of each direction the line is cut. */
interface Cut {
	toReceiver?: number;
	toSender?: number;
}

/** A line that breaks for both sides when so many bytes have gone over it. */
function line({toReceiver = Number.POSITIVE_INFINITY, toSender = Number.POSITIVE_INFINITY}: Cut) {
	const down = cutAfter(toReceiver);
	const up = cutAfter(toSender);
	const broken = () => {
		down.end();
		up.end();
	};
	down.once('cut', broken);
	up.once('cut', broken);
	const said = {toReceiver: down, toSender: up};
	return {sender: new Channel(up, down), receiver: new Channel(down, up), said};
}

function cutAfter(limit: number): Transform & {bytes: number} {
	let isCut = false;
	const stream = Object.assign(
		new Transform({
			transform(block: Buffer, _encoding, done) {
				const rest = Math.max(limit - stream.bytes, 0);
				stream.bytes += block.length;
				if (rest > 0 && !isCut) stream.push(block.subarray(0, rest));
				if (stream.bytes >= limit && !isCut) {
					isCut = true;
					stream.push(null);
					stream.emit('cut');
				}
				done();
			},
			flush(done) {
				done();
			},
		}),
		{bytes: 0},
	);
	stream.on('error', () => {});
	return stream;
}

interface Attempt {
	sent: Sent | undefined;
	fault: Fault | undefined;
	received: Checkpoint | undefined;
	bytes: {toReceiver: number; toSender: number};
}

async function attempt(checkpoint: Checkpoint, stateDir: string, cut: Cut = {}): Promise<Attempt> {
	const {sender, receiver, said} = line(cut);
	const receiving = receive(receiver, stateDir).catch((error) => {
		if (error instanceof Fault) receiver.say({fault: {code: error.code, message: error.message}});
		return undefined;
	});
	const outcome = await send(checkpoint, 'me@there', () => sender).catch((error) => error);
	said.toReceiver.end();
	const received = await receiving;
	return {
		sent: outcome instanceof Error ? undefined : outcome,
		fault: outcome instanceof Fault ? outcome : undefined,
		received,
		bytes: {toReceiver: said.toReceiver.bytes, toSender: said.toSender.bytes},
	};
}

/** How many sides would thaw it without being forced. */
function thawable(checkpoint: Checkpoint, stateDir: string): number {
	return (movedTo(checkpoint) ? 0 : 1) + new CheckpointStore(stateDir).list().length;
}

test('it arrives whole, the origin knows where it is, and nothing is left over', async (t) => {
	const checkpoint = exampleCheckpoint(t, randomBytes(2_000_000));
	const there = temporaryFolder(t);
	const {sent, received} = await attempt(checkpoint, there);
	t.is(sent?.outcome, 'sent');
	t.is(sent?.name, path.basename(received?.dir ?? ''));
	t.is(sent?.sentBytes, sent?.size);
	t.true(pages(received).equals(pages(checkpoint)));
	t.is(movedTo(checkpoint)?.to, 'me@there');
	t.deepEqual(fs.readdirSync(path.join(there, 'incoming')), []);
	t.false(fs.existsSync(path.join(checkpoint.dir, 'parcel')));
	const again = await attempt(checkpoint, there);
	t.is(again.sent?.outcome, 'there');
	received?.writeManifest({...manifest, state: 'thawed'});
	t.is((await attempt(checkpoint, there)).sent?.outcome, 'thawed');
	t.is(movedTo(checkpoint)?.state, 'thawed', 'now it knows that, too');
	await t.throwsAsync(send(checkpoint, 'me@elsewhere', unused), {message: /moved.*me@there/});
});

test('a break at any moment leaves at most one side that thaws, and the next try goes on', async (t) => {
	const example = exampleCheckpoint(t, randomBytes(100_000));
	const {bytes} = await attempt(copyOf(t, example), temporaryFolder(t));
	const cuts: Cut[] = [];
	for (let i = 0; i < 8; i++) cuts.push({toReceiver: Math.ceil((bytes.toReceiver * i) / 8)});
	// The last words are where it matters.
	for (let i = 1; i <= 18; i += 2) cuts.push({toReceiver: bytes.toReceiver - i});
	for (let i = 0; i <= bytes.toSender; i += 15) cuts.push({toSender: i});
	let resumed = 0;
	let nobody = 0;
	for (const cut of cuts) {
		const checkpoint = copyOf(t, example);
		const there = temporaryFolder(t);
		const broken = await attempt(checkpoint, there, cut);
		t.true(thawable(checkpoint, there) <= 1, JSON.stringify(cut));
		if (thawable(checkpoint, there) === 0) nobody++;
		if (!broken.sent) t.is(broken.fault?.code, 'send-failed', JSON.stringify(cut));
		const {sent, fault} = await attempt(checkpoint, there);
		t.truthy(sent, `${JSON.stringify(cut)}: ${fault?.message}`);
		if (sent && sent.sentBytes < sent.size) resumed++;
		const [arrived, ...others] = new CheckpointStore(there).list();
		t.deepEqual(others, []);
		t.true(pages(arrived?.checkpoint).equals(pages(example)));
		t.is(thawable(checkpoint, there), 1);
	}
	t.true(resumed > 10, `${resumed} went on where they had stopped`);
	t.true(nobody > 0, 'the moment between mark and commit was among them');
});

test('what a broken line has left and does not fit is sent anew; a checkpoint that changed is packed anew', async (t) => {
	const checkpoint = exampleCheckpoint(t, randomBytes(300_000));
	const there = temporaryFolder(t);
	await attempt(checkpoint, there, {toReceiver: 200_000});
	const [part = ''] = filesBelow(path.join(there, 'incoming')).filter((name) => name.endsWith('.part'));
	const file = path.join(there, 'incoming', part);
	t.true(fs.statSync(file).size > 100_000);
	t.is(fs.statSync(file).mode & 0o777, 0o600);
	fs.writeSync(fs.openSync(file, 'r+'), 'spoilt', 1000);
	fs.writeFileSync(path.join(checkpoint.stash, '77', '00000002.stash'), 'a message that came meanwhile');
	const {sent, received} = await attempt(checkpoint, there);
	t.is(sent?.sentBytes, sent?.size);
	t.true(fs.existsSync(path.join(received?.stash ?? '', '77', '00000002.stash')));
});

test('thawed here while it was sent: it is not given away', async (t) => {
	const checkpoint = exampleCheckpoint(t, randomBytes(300_000));
	const there = temporaryFolder(t);
	const {sender, receiver, said} = line({});
	const receiving = receive(receiver, there);
	const onProgress = () => checkpoint.writeManifest({...manifest, state: 'thawing'});
	let begun = false;
	const watched = send(checkpoint, 'me@there', () => sender, {
		onProgress: ({phase}) => {
			if (phase === 'send' && !begun) onProgress();
			begun ||= phase === 'send';
		},
	});
	await t.throwsAsync(watched, {message: /checkpoint-changed/});
	said.toReceiver.end();
	t.is(await receiving, undefined);
	t.deepEqual(new CheckpointStore(there).list(), []);
	t.is(movedTo(checkpoint), undefined);
});

test('sent back as it was, the original is thawable again where it came from', async (t) => {
	const home = temporaryFolder(t);
	const original = path.join(home, 'checkpoints', 'org.example.A-1');
	fs.cpSync(exampleCheckpoint(t).dir, original, {recursive: true});
	const [stored] = new CheckpointStore(home).list();
	const checkpoint = stored?.checkpoint as Checkpoint;
	const away = temporaryFolder(t);
	const {received} = await attempt(checkpoint, away);
	t.is(thawable(checkpoint, away), 1);
	const back = await attempt(received as Checkpoint, home);
	t.true(back.sent?.cameBack);
	t.is(back.received?.dir, original);
	t.deepEqual(copiesOf(checkpoint), []);
	t.is(new CheckpointStore(home).list().length, 1);
	t.truthy(movedTo(received as Checkpoint), 'and there it has left');
	recordCopy(checkpoint, {kind: 'file', to: '/x', at: '', state: 'packed'});
	t.is(movedTo(checkpoint), undefined, 'a packed copy is no move');
});

test('whoever says nonsense is refused', async (t) => {
	for (const said of [
		'nonsense\n',
		'{}\n',
		`${JSON.stringify({version: 2, id: '0'.repeat(32), size: 1, digest: `sha256:${'0'.repeat(64)}`})}\n`,
		`${JSON.stringify({version: 1, id: '../../../etc/x', size: 1, digest: `sha256:${'0'.repeat(64)}`})}\n`,
		'x'.repeat(100_000),
	]) {
		const there = temporaryFolder(t);
		const input = new PassThrough();
		input.end(said);
		await t.throwsAsync(receive(new Channel(input, new PassThrough().resume()), there), {
			message: /bad-peer/,
		});
		t.deepEqual(fs.readdirSync(there), []);
	}
	const checkpoint = exampleCheckpoint(t);
	for (const said of [
		'Welcome!\n'.repeat(200),
		`Welcome!\n${JSON.stringify({receive: 'dbusfreeze', version: 9})}\n`,
	]) {
		const input = new PassThrough();
		input.end(said);
		const open = () => new Channel(input, new PassThrough().resume());
		await t.throwsAsync(send(checkpoint, 'me@there', open), {message: /bad-peer/});
		t.is(movedTo(checkpoint), undefined);
	}
});

function unused(): never {
	throw new Error('must not connect');
}

function copyOf(t: ExecutionContext, {dir}: Checkpoint): Checkpoint {
	const state = temporaryFolder(t);
	fs.cpSync(dir, path.join(state, 'checkpoints', path.basename(dir)), {recursive: true});
	return new CheckpointStore(state).list()[0]?.checkpoint as Checkpoint;
}

function pages(checkpoint: Checkpoint | undefined): Buffer {
	return fs.readFileSync(path.join(checkpoint?.images ?? '', 'pages-1.img'));
}
