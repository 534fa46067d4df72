import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Checkpoint} from '../../../src/checkpoint/folder.js';
import type {Manifest} from '../../../src/checkpoint/manifest.js';
import {recordCopy} from '../../../src/checkpoint/move/copies.js';
import type {CommandContext} from '../../../src/cli/context.js';
import {StateDirCheckpoints} from '../../../src/cli/port/checkpoints.js';
import {contextFor} from '../../../src/cli/port/home-bus.js';
import {Fault} from '../../../src/common/fault.js';
import {thisHost} from '../../../src/session/describe.js';
import type {Work} from '../../../src/tui/checkpoints/feed.js';
import {exampleCheckpoint, manifest} from '../../checkpoint/move/parcels.js';
import {program} from '../../support/cli.js';
import {temporaryFolder} from '../../support/compile.js';
import {startSshd} from '../../support/sshd.js';

const watched = {address: 'unix:path=/x', guid: 'f00'};

/** The checkpoints of a state dir with one whose keeper has gone. */
function stateDir(t: ExecutionContext, pages?: Buffer) {
	const checkpoint = exampleCheckpoint(t, pages);
	const root = path.dirname(checkpoint.dir);
	const dir = path.dirname(root);
	return {
		feed: new StateDirCheckpoints({stateDir: dir, env: process.env}, () => watched),
		checkpoint,
		root,
		dir,
	};
}

/** Another one in the same state dir. */
function add(root: string, name: string, changes: Partial<Manifest> = {}): Checkpoint {
	const checkpoint = Checkpoint.create(path.join(root, name));
	checkpoint.writeManifest({...manifest, ...changes});
	return checkpoint;
}

function quietWork(stopper = new AbortController()): Work {
	return {signal: stopper.signal, onProgress: () => {}};
}

async function faultOf(t: ExecutionContext, work: Promise<unknown>): Promise<Fault> {
	return t.throwsAsync(work, {instanceOf: Fault}) as Promise<Fault>;
}

test('lists what there is, newest first; what is broken spoils no other', async (t) => {
	const {feed, root} = stateDir(t);
	add(root, 'newer', {
		createdAt: '2026-02-01T00:00:00.000Z',
		bus: {address: 'unix:path=/y', guid: 'bar'},
		held: [{kind: 'pipe', inode: 7, fd: 1, pid: 4_000_000, peer: 'sh', bus: false}],
	});
	add(root, 'restarted', {createdAt: '2026-01-02T00:00:00.000Z', bus: {...watched, guid: 'old'}});
	const moved = add(root, 'moved', {createdAt: '2025-01-01T00:00:00.000Z'});
	recordCopy(moved, {kind: 'host', to: 'root@far', at: '', state: 'moved'});
	const noted = add(root, 'noted', {createdAt: '2024-01-01T00:00:00.000Z'});
	fs.writeFileSync(path.join(noted.dir, 'copies.json'), '{');
	fs.mkdirSync(path.join(root, 'empty'));
	fs.mkdirSync(path.join(root, 'cut'));
	fs.writeFileSync(path.join(root, 'cut', 'manifest.json'), '{"version": 1,');
	const list = await feed.list();
	const told = list.map(({name, standing, next, facts}) => [name, standing, next.mode, facts?.bus.relation]);
	t.deepEqual(told.slice(0, 5), [
		['newer', 'keeper-gone', 'impossible', 'other'],
		['restarted', 'keeper-gone', 'reconnected', 'earlier-daemon'],
		['org.example.A-1', 'keeper-gone', 'reconnected', 'watched'],
		['moved', 'keeper-gone', 'impossible', 'watched'],
		['noted', 'unreadable', 'impossible', undefined],
	]);
	t.deepEqual(
		told
			.slice(5)
			.map(([name, standing]) => `${name} ${standing}`)
			.sort(),
		['cut unreadable', 'empty unreadable'],
	);
	const codes = list.map(({next}) => (next.mode === 'impossible' ? next.fault.code : next.mode));
	t.deepEqual(codes.slice(0, 4), ['held-ends-lost', 'reconnected', 'reconnected', 'moved']);
	// Without its keeper, but nothing else was held.
	t.like(list[3]?.next, {inSpite: {mode: 'reconnected', why: 'keeper-gone'}});
	t.is(list[3]?.facts?.movedTo, 'root@far');
	t.is(list[2]?.facts?.imageBytes, 'inventory'.length + 'pages'.length);
});

test('a manifest that is replaced is read anew', async (t) => {
	const {feed, checkpoint} = stateDir(t);
	t.is((await feed.list())[0]?.facts?.policy, 'queue');
	checkpoint.writeManifest({...manifest, policy: 'refuse'});
	t.is((await feed.list())[0]?.facts?.policy, 'refuse');
	fs.rmSync(path.join(checkpoint.dir, 'manifest.json'));
	t.is((await feed.list())[0]?.standing, 'unreadable');
	t.deepEqual(
		await new StateDirCheckpoints({stateDir: '/no/such/dir', env: process.env}, () => watched).list(),
		[],
	);
});

test('while five hundred are listed, other work goes on', async (t) => {
	const {feed, root} = stateDir(t);
	for (let i = 0; i < 499; i++) add(root, `n${i}`);
	let turns = 0;
	const tick = () => {
		turns++;
		timer = setImmediate(tick);
	};
	let timer = setImmediate(tick);
	t.is((await feed.list()).length, 500);
	clearImmediate(timer);
	t.true(turns >= 20, `${turns} turns of the event loop`);
});

test('the checks name every hindrance at once, and change nothing', async (t) => {
	const {feed, checkpoint} = stateDir(t);
	checkpoint.writeManifest({
		...manifest,
		host: {...manifest.host, arch: 'vax'},
		// Our own number is certainly taken.
		target: {...manifest.target, pids: [process.pid]},
	});
	const before = fs.readdirSync(checkpoint.dir, {recursive: true});
	const look = await feed.look('org.example.A-1');
	const codes = look.faults.map(({code}) => code);
	t.true(codes.includes('other-architecture') && codes.includes('pid-taken'), codes.join());
	// The images of the example are none.
	t.true(codes.includes('bad-image'));
	t.true(look.leftBehind.length > 0);
	t.deepEqual(fs.readdirSync(checkpoint.dir, {recursive: true}), before);
	t.is((await faultOf(t, feed.look('gone'))).code, 'no-checkpoint');
});

test('of one that was moved away the checks are made, too; thawed here in spite of that, it has a copy there', async (t) => {
	const {feed, checkpoint} = stateDir(t);
	recordCopy(checkpoint, {kind: 'host', to: 'root@far', at: '', state: 'moved'});
	t.true((await feed.look('org.example.A-1')).faults.some(({code}) => code === 'bad-image'));
	const held = [{kind: 'pipe', inode: 7, fd: 1, pid: 4_000_000, peer: 'sh', bus: false}] as const;
	checkpoint.writeManifest({...manifest, held: [...held]});
	const [lost] = await feed.list();
	t.like(lost?.next, {mode: 'impossible', fault: {code: 'moved'}});
	t.false('inSpite' in (lost?.next ?? {}), 'no risk that can be taken brings its pipe back');
	checkpoint.writeManifest({...manifest, state: 'thawed'});
	const [thawed] = await feed.list();
	t.is(thawed?.facts?.movedTo, undefined);
	t.deepEqual(thawed?.facts?.copies, ['root@far']);
});

test('packs under the very rules of the command; interrupted, it leaves nothing', async (t) => {
	const {feed, checkpoint, dir} = stateDir(t, Buffer.alloc(30_000_000, 'pages'));
	const file = path.join(dir, 'a file');
	const stopper = new AbortController();
	const interrupted = feed.pack(
		'org.example.A-1',
		{file, passphrase: ''},
		{
			signal: stopper.signal,
			// As soon as any of it is on its way.
			onProgress: () => stopper.abort(),
		},
	);
	const fault = await faultOf(t, interrupted);
	t.deepEqual([fault.code, (fault.params as {by: string}).by], ['aborted', 'operator']);
	t.deepEqual(fs.readdirSync(dir), ['checkpoints']);
	t.false(fs.existsSync(path.join(checkpoint.dir, 'copies.json')));
	const [said = ''] = await feed.pack('org.example.A-1', {file, passphrase: 'secret'}, quietWork());
	t.regex(said, /org\.example\.A is packed into .*a file/);
	t.is(fs.readFileSync(file, 'latin1').slice(0, 21), 'age-encryption.org/v1');
	t.is(fs.statSync(file).mode & 0o777, 0o600);
	t.deepEqual((await feed.list())[0]?.facts?.copies, [file]);
	t.is(
		(await faultOf(t, feed.pack('org.example.A-1', {file, passphrase: ''}, quietWork()))).code,
		'output-exists',
	);
});

test('sends over a real ssh server without a word on the terminal, and says why ssh refuses', async (t) => {
	const sshd = await startSshd(t);
	if (!sshd) return t.pass('openssh-server is not installed: not tried');
	const {feed, dir} = stateDir(t);
	const there = path.join(dir, 'there');
	const target = {host: sshd.host, remoteCommand: `${process.execPath} ${program} --state-dir ${there}`};
	// Without its key and port: as to any machine that does not know us.
	const refused = await faultOf(
		t,
		feed.send('org.example.A-1', {...target, host: 'nobody@127.0.0.1'}, quietWork()),
	);
	t.is(refused.code, 'send-failed');
	t.not((refused.params as {reason: string}).reason, 'closed');
	// What the user's own settings would say of the host.
	const bin = temporaryFolder(t);
	const words = sshd.options
		.map((word) => `'${word}'`)
		.join(' ')
		.replaceAll("'--ssh-option'", "'-o'");
	const real = process.env.PATH ?? '';
	fs.writeFileSync(path.join(bin, 'ssh'), `#!/bin/sh\nPATH='${real}'\nexec ssh ${words} "$@"\n`, {
		mode: 0o755,
	});
	process.env.PATH = `${bin}:${real}`;
	t.teardown(() => {
		process.env.PATH = real;
	});
	const phases = new Set<string>();
	const said = await feed.send('org.example.A-1', target, {
		...quietWork(),
		onProgress: ({phase}) => phases.add(phase),
	});
	t.regex(said.join('\n'), /org\.example\.A is now on .*127\.0\.0\.1/);
	// It was packed by the first try.
	t.deepEqual([...phases], ['send']);
	const [entry] = await feed.list();
	t.is(entry?.facts?.movedTo, sshd.host);
	t.is(entry?.next.mode, 'impossible');
	const [arrived] = await new StateDirCheckpoints({stateDir: there, env: process.env}, () => watched).list();
	t.is(arrived?.next.mode, 'reconnected');
	t.is(arrived?.facts?.isHere, false);
});

test('what was frozen here on another bus goes back there; what came from elsewhere goes where we are told', (t) => {
	const {checkpoint} = stateDir(t);
	const told = {bus: {kind: 'address', address: 'unix:path=/told'}} as CommandContext;
	const here = {...manifest.host, machineId: thisHost().machineId};
	checkpoint.writeManifest({...manifest, host: here, bus: {address: 'unix:path=/x,guid=f00', guid: 'f00'}});
	t.is(contextFor(told, checkpoint, 'f00'), told);
	t.deepEqual(contextFor(told, checkpoint, 'other').bus, {kind: 'address', address: 'unix:path=/x'});
	checkpoint.writeManifest({...manifest, host: {...here, machineId: 'another'}});
	t.is(contextFor(told, checkpoint, 'other'), told);
});

test('repairs and removes', async (t) => {
	const {feed, checkpoint} = stateDir(t);
	t.regex((await feed.repair()).join('\n'), /org\.example\.A-1: repaired: .*\n.*frozen without a connection/);
	t.deepEqual((await feed.look('org.example.A-1')).leftBehind, []);
	await feed.remove('org.example.A-1');
	t.false(fs.existsSync(checkpoint.dir));
	t.deepEqual(await feed.list(), []);
});
