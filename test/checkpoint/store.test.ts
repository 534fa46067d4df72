import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {Checkpoint} from '../../src/checkpoint/folder.js';
import type {Manifest} from '../../src/checkpoint/manifest.js';
import {CheckpointStore} from '../../src/checkpoint/store.js';
import {Fault} from '../../src/common/fault.js';
import {temporaryFolder} from '../support/compile.js';

const manifest: Manifest = {
	version: 1,
	createdAt: '2026-01-01T00:00:00.000Z',
	state: 'frozen',
	target: {
		pid: 7,
		startTime: '1',
		comm: 'c',
		exe: '/c',
		cmdline: ['/c'],
		uid: 0,
		gid: 0,
		uniqueName: ':1.1',
		names: [],
		pids: [7],
	},
	modules: [],
	connections: [],
	held: [],
	portable: true,
	portableBecause: [],
	policy: 'queue',
	bus: {address: 'unix:path=/x', guid: 'f00'},
	criu: {path: '/criu', version: '4.2'},
	host: {bootId: '', machineId: '', hostname: '', arch: '', kernel: '', cpu: ''},
	keeper: null,
};
const now = new Date('2026-01-02T03:04:05Z');

test('a checkpoint is named after its service and the time, and found by name and by folder', (t) => {
	const store = new CheckpointStore(temporaryFolder(t));
	const first = store.create('org.example.A', undefined, now);
	const second = store.create('org.example.A', undefined, now);
	t.is(path.basename(first.dir), 'org.example.A-20260102-030405');
	t.not(first.dir, second.dir);
	first.writeManifest(manifest);
	t.is(store.find('org.example.A-20260102-030405').dir, first.dir);
	t.is(store.find(first.dir).dir, first.dir);
	t.throws(() => store.find('..'), {instanceOf: Fault});
});

test('hostile service names make no paths', (t) => {
	const dir = temporaryFolder(t);
	const store = new CheckpointStore(dir);
	for (const name of ['../../etc/passwd', '...', '', 'a/b', '\u001b[31m'])
		t.is(path.dirname(store.create(name, undefined, now).dir), path.join(dir, 'checkpoints'));
});

test('one written elsewhere is listed through a link, and removed with it', (t) => {
	const dir = temporaryFolder(t);
	const store = new CheckpointStore(path.join(dir, 'state'));
	const own = path.join(dir, 'own');
	store.create('org.example.A', own, now).writeManifest(manifest);
	const [stored] = store.list();
	t.is(stored?.checkpoint.dir, own);
	if (stored) store.remove(stored);
	t.false(fs.existsSync(own));
	t.deepEqual(store.list(), []);
});

test('nothing is overwritten', (t) => {
	const dir = temporaryFolder(t);
	fs.writeFileSync(path.join(dir, 'precious'), '');
	t.throws(() => Checkpoint.create(dir), {instanceOf: Fault, message: /output-exists/});
});

test('an unreadable checkpoint is listed as such', (t) => {
	const store = new CheckpointStore(temporaryFolder(t));
	const checkpoint = store.create('org.example.A', undefined, now);
	fs.writeFileSync(path.join(checkpoint.dir, 'manifest.json'), '{"version":1,"state":"melting"}');
	t.true(store.list()[0]?.manifest instanceof Fault);
	checkpoint.writeManifest(manifest);
	t.deepEqual(store.list()[0]?.manifest, manifest);
	t.false(fs.existsSync(path.join(checkpoint.dir, 'manifest.json.new')));
});
