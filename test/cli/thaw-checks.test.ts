import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {Checkpoint} from '../../src/checkpoint/folder.js';
import {findCriu} from '../../src/criu/find.js';
import {processor} from '../../src/criu/images/schema.js';
import {buildId} from '../../src/process/elf.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {thawOutlook} from '../../src/session/outlook.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {temporaryFolder} from '../support/compile.js';
import {editImage} from '../support/edit-image.js';
import {demoServices, fixtureProgram, startProgram, startService} from '../support/services.js';

const {counter} = demoServices;

test('an open file that somebody else wrote to meanwhile is no obstacle, and is told of; a shorter one is', async (t) => {
	const bus = await testBus(t);
	const file = path.join(temporaryFolder(t), 'data');
	fs.writeFileSync(file, 'before\n');
	const command = `exec 5<>${file}; exec ${fixtureProgram('counter')}`;
	startProgram(bus, ['/bin/sh', '-c', command], {logName: 'counter'});
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	await until(async () => (await client.owner(counter.name)) !== undefined, 'it is there');
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	fs.writeFileSync(file, 'cut\n');
	const {code, document} = await cli.json<JsonError>('thaw', checkpoint);
	t.is(code, 5);
	t.regex(document.error.message, /data has another size/);
	fs.writeFileSync(file, 'before\nmeanwhile\n');
	const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.true(thawed.warnings.some(({warning, params}) => warning === 'file-grew' && params.path === file));
	t.is(await client.add(counter, 1), 1);
	t.is(fs.readFileSync(file, 'utf8'), 'before\nmeanwhile\n');
});

test('a file of its own folder in /proc, which is gone while it is frozen, is no obstacle', async (t) => {
	const bus = await testBus(t);
	const command = `exec 5</proc/self/mountinfo; exec ${fixtureProgram('counter')}`;
	const {pid} = startProgram(bus, ['/bin/sh', '-c', command], {logName: 'counter'});
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	await until(async () => (await client.owner(counter.name)) !== undefined, 'it is there');
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.true(verdict.preserved, JSON.stringify(verdict.differences));
	t.is(fs.readlinkSync(`/proc/${pid}/fd/5`), `/proc/${pid}/mountinfo`);
});

test('a program file that was replaced, cut or removed: named, and nothing is touched', async (t) => {
	const bus = await testBus(t);
	const folder = temporaryFolder(t);
	const program = path.join(folder, 'counter');
	fs.copyFileSync(fixtureProgram('counter'), program);
	const started = startProgram(bus, [program], {logName: 'counter'});
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	await until(async () => (await client.owner(counter.name)) !== undefined, 'it is there');
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const kept = path.join(folder, 'kept');
	fs.renameSync(program, kept);
	const refused = async (problem: RegExp) => {
		const {code, document} = await cli.json<JsonError>('thaw', checkpoint);
		t.is(code, 5);
		t.like(document.error, {code: 'files-changed', processState: 'frozen'});
		t.true(document.error.message.includes(program));
		t.regex(document.error.message, problem);
	};
	await refused(/is missing/);
	fs.copyFileSync('/bin/true', program);
	await refused(/has another size/);
	const other = fs.readFileSync(kept);
	const id = other.indexOf(Buffer.from(buildId(kept) ?? '', 'hex'));
	other[id] = (other[id] as number) ^ 0xff;
	fs.writeFileSync(program, other, {mode: 0o755});
	await refused(/is another build/);
	fs.renameSync(kept, program);
	await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.is(await client.add(counter, 1), 1);
	t.true(fs.existsSync(`/proc/${started.pid}`));
});

(process.arch === 'x64' ? test : test.skip)(
	'a checkpoint from a machine with another processor, clock and kernel: what is missing is named',
	async (t) => {
		const bus = await testBus(t);
		await startService(bus, counter);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const {checkpoint: dir} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
		const checkpoint = new Checkpoint(dir);
		const manifest = checkpoint.readManifest();
		process.kill(manifest.keeper?.pid ?? 0, 'SIGKILL');
		await until(async () => (await client.owner(counter.name)) === undefined, 'the bus has noticed');
		const host = {...manifest.host, bootId: 'another', kernel: '999.1.0-rpi', cpu: 'Opteron 63xx'};
		checkpoint.writeManifest({...manifest, host, stoppedAt: Date.now() + 3_600_000});
		editImage(path.join(checkpoint.images, 'cpuinfo.img'), 'cpuinfo', processor, ([entry]) => {
			const capabilities = entry?.x86?.[0]?.capabilities ?? [];
			capabilities[6] = (capabilities[6] ?? 0) | (1 << 16);
			return undefined;
		});
		const refused = await cli.json<JsonError>('thaw', dir);
		t.is(refused.code, 5);
		t.like(refused.document.error, {code: 'cpu-lacks', processState: 'frozen'});
		t.regex(refused.document.error.message, /\(Opteron 63xx\).*cannot: fma4\.$/);
		t.is(await client.owner(counter.name), undefined, 'nothing came to the bus');
		const {faults} = await thawOutlook(checkpoint, checkpoint.readManifest(), () =>
			findCriu(undefined, process.env),
		);
		t.deepEqual(
			faults.map(({code}) => code),
			['cpu-lacks'],
			'the screen says so before',
		);
		const thawed = await cli.ok<ThawResult>(t, 'thaw', '--other-cpu', dir);
		t.deepEqual(
			thawed.warnings.map(({warning}) => warning),
			['clock-behind', 'cpu-ignored', 'kernel-older'],
		);
		const clock = thawed.warnings[0]?.params.seconds;
		t.true(Number(clock) > 3500 && Number(clock) <= 3600, String(clock));
		t.is(await client.add(counter, 1), 1);
	},
);
