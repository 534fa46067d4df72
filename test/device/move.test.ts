import fs from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {debianRoot, whyNoRoots} from '../../scripts/device/root.mjs';
import {Checkpoint} from '../../src/checkpoint/folder.js';
import type {Difference} from '../../src/context/model.js';
import {buildId} from '../../src/process/elf.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {type TestClient, tellsPid} from '../support/bus.js';
import type {JsonError} from '../support/cli.js';
import {
	argvOnDevice,
	clientOf,
	DeviceUser,
	packagesForServices,
	startServiceOn,
	startSystemBus,
} from '../support/device/bus.js';
import {Device} from '../support/device/device.js';
import {occupyOn} from '../support/occupy.js';
import {type DemoService, demoServices, fixtureProgram} from '../support/services.js';

const whyNot = whyNoRoots();
const deviceTest = whyNot === undefined ? test : test.skip;
const {counter, ledger, gauge, notes} = demoServices;
const wanted = {packages: packagesForServices};

(whyNot === undefined ? test.before : test.before.skip)('the root is there', async (t) => {
	// Made once on a machine, half a minute; then it is in the cache.
	t.timeout(600_000);
	t.true(fs.existsSync(await debianRoot(wanted)));
});

/** What a thaw elsewhere may find different of the process itself: what every thaw does. */
const byNature =
	/^(one-eintr|restart-syscall|syscall-restarts|syscall-returned|new-inode|start-time|time-namespace|reparented|runs-on|ran-before-freeze|was-running|memory-kernel)$/;

/** Apart from what every thaw does: where, and why. */
function told(differences: readonly Difference[]): string[] {
	return differences
		.filter(({reason}) => !byNature.test(reason))
		.map(({path, reason}) => `${path.replace(/^connections\/\d+:\d+/, 'connection')} ${reason}`)
		.sort();
}

/** What is told of a daemon that has forgotten who connected. */
async function forgotten(client: TestClient, {name}: DemoService): Promise<string[]> {
	const isKnown = await tellsPid((...call) => client.daemon(...call), name);
	return isKnown ? [] : ['connection/credentials/pid daemon-forgot-pid'];
}

/** It knows what it knew, hears what it heard, and its caller sees where it is now. */
async function isItself(t: ExecutionContext, client: TestClient, service: DemoService, thawed: ThawResult) {
	t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict.differences));
	t.is(thawed.mode, 'reconnected');
	t.not(thawed.uniqueName.before, thawed.uniqueName.after);
	t.is(await client.owner(service.name), thawed.uniqueName.after);
	t.is(await client.add(service, 1), 42);
	client.bump(100);
	await client.daemon('GetId');
	t.is(await client.get(service), 142, 'its match rules');
}

deviceTest(
	'frozen on one device, thawed on another of its own root, machine-id and daemon (R6)',
	async (t) => {
		const root = await debianRoot(wanted);
		const devices = ['here', 'there'].map((name) => Device.boot(t, {root, name}));
		const [here, there] = (await Promise.all(devices)) as [Device, Device];
		for (const device of [here, there]) await startSystemBus(device);
		const [client, elsewhere] = [await clientOf(t, here), await clientOf(t, there)];
		await clientOf(t, there);
		const [user, other] = [new DeviceUser(here), new DeviceUser(there)];
		const program = '/usr/local/bin/counter';
		fs.copyFileSync(fixtureProgram('counter'), here.path(program));

		/** Frozen here, carried over with its log file. */
		const carry = async (service: DemoService, argv: string[]) => {
			const pid = await startServiceOn(here, client, service, argv);
			t.is(await client.add(service, 41), 41);
			const frozen = await user.ok<FreezeResult>(t, 'freeze', service.name);
			t.is(frozen.pid, pid);
			const file = `/root/${service.name}.dbusfreeze`;
			await user.ok(t, 'pack', frozen.checkpoint, file);
			fs.copyFileSync(here.path(file), there.path(file));
			fs.copyFileSync(here.path(`/root/${service.name}.log`), there.path(`/root/${service.name}.log`));
			const {checkpoint} = await other.ok<{checkpoint: string}>(t, 'unpack', file);
			return {pid, checkpoint};
		};

		const {pid, checkpoint} = await carry(counter, [program]);
		const names = () => elsewhere.daemon('ListNames');
		const namesBefore = await names();
		const refused = async (code: string, ...words: string[]) => {
			const {code: exit, document} = await other.json<JsonError>('thaw', '--reconnect', checkpoint);
			t.is(exit, 5);
			t.like(document.error, {code, processState: 'frozen'});
			for (const word of words) t.true(document.error.message.includes(word), document.error.message);
			t.deepEqual(await names(), namesBefore, 'nothing came to the bus');
		};
		await refused('files-changed', program, 'missing');
		const build = fs.readFileSync(fixtureProgram('counter'));
		const id = build.indexOf(Buffer.from(buildId(fixtureProgram('counter')) ?? '', 'hex'));
		build[id] = (build[id] as number) ^ 0xff;
		fs.writeFileSync(there.path(program), build, {mode: 0o755});
		await refused('files-changed', program, 'another build');
		fs.copyFileSync(fixtureProgram('counter'), there.path(program));
		await occupyOn(there, pid);
		await refused('pid-taken', String(pid), 'sleep');
		await there.ok('sh', '-c', `kill ${pid}`);

		await there.ok('sed', '-i', 's/^root:/boss:/', '/etc/passwd');
		const moved = await other.ok<ThawResult>(t, 'thaw', '--reconnect', checkpoint);
		await isItself(t, elsewhere, counter, moved);
		const before = await forgotten(elsewhere, counter);
		t.deepEqual(told(moved.verdict.differences), [
			'connection/cached stale-name',
			...before,
			'connection/uniqueName reconnected',
			'machine/hostname other-hostname',
			'machine/machineId other-machine',
		]);
		const renamed = {warning: 'user-renamed', params: {id: '0', before: 'root', after: 'boss'}};
		t.deepEqual(moved.warnings, [renamed]);
		const again = await other.ok<ThawResult>(t, 'cycle', counter.name);
		const after = await forgotten(elsewhere, counter);
		t.deepEqual(told(again.verdict.differences), before.length > 0 ? [] : after, 'only what is new');

		const {checkpoint: second} = await carry(notes, argvOnDevice(notes));
		// A checkpoint that says nothing of the processor, on a kernel that lacks what CRIU would like to have.
		fs.rmSync(there.path(`${second}/images/cpuinfo.img`));
		const manifest = new Checkpoint(there.path(second)).readManifest();
		const host = {...manifest.host, cpu: 'another'};
		new Checkpoint(there.path(second)).writeManifest({...manifest, host});
		await there.ok('mount', '-o', 'remount,bind,ro', '/proc/sys/kernel/sem_next_id');
		const doubtful = await other.ok<ThawResult>(t, 'thaw', second);
		await isItself(t, elsewhere, notes, doubtful);
		t.deepEqual(
			doubtful.warnings.map(({warning}) => warning),
			['cpu-unknown', 'kernel-complains', 'user-renamed'],
		);
	},
);

deviceTest(
	'after its device was started anew, with nothing but the disk left, it is thawed (R5)',
	async (t) => {
		const device = await Device.boot(t, {root: await debianRoot(wanted), name: 'again'});
		await startSystemBus(device);
		const user = new DeviceUser(device);
		const before = await clientOf(t, device);
		const checkpoints: string[] = [];
		let threads: number[] = [];
		for (const service of [ledger, gauge]) {
			const pid = await startServiceOn(device, before, service);
			threads = (await device.ok('ls', `/proc/${pid}/task`)).split('\n').map(Number);
			t.is(await before.add(service, 41), 41);
			checkpoints.push((await user.ok<FreezeResult>(t, 'freeze', service.name)).checkpoint);
		}
		await device.reboot();
		await startSystemBus(device);
		const client = await clientOf(t, device);
		for (let others = 0; others < 10; others++) await clientOf(t, device);
		const [, thread = 0] = threads;
		await occupyOn(device, thread);
		const {code, document} = await user.json<JsonError>('thaw', checkpoints[1] ?? '');
		t.is(code, 5);
		t.like(document.error, {code: 'pid-taken', processState: 'frozen'});
		t.true(document.error.message.includes(String(thread)), 'a thread of GDBus needs it');
		const asAlways = [
			'connection/cached stale-name',
			'connection/uniqueName reconnected',
			'machine/bootId rebooted',
		];
		for (const [index, service] of [ledger, gauge].entries()) {
			t.is(await client.owner(service.name), undefined);
			// Nobody has to say that the old connection is gone.
			const inItsOwn = service === gauge ? ['--pid-namespace'] : [];
			const thawed = await user.ok<ThawResult>(t, 'thaw', checkpoints[index] ?? '', ...inItsOwn);
			await isItself(t, client, service, thawed);
			t.deepEqual(
				thawed.warnings.map(({warning}) => `--${warning}`),
				inItsOwn,
			);
			const differences = told(thawed.verdict.differences).filter((one) => !one.startsWith('processes/'));
			t.deepEqual(differences, asAlways);
		}
	},
);
