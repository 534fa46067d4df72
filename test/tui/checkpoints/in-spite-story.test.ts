import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Checkpoint} from '../../../src/checkpoint/folder.js';
import {processor} from '../../../src/criu/images/schema.js';
import type {PrivateBus} from '../../../src/dbus/private-bus.js';
import type {FreezeResult} from '../../../src/session/events.js';
import {TestClient, testBus, until} from '../../support/bus.js';
import {Cli, program} from '../../support/cli.js';
import {editImage} from '../../support/edit-image.js';
import {RealScreen} from '../../support/real-screen.js';
import {demoServices, startService} from '../../support/services.js';
import {startSshd} from '../../support/sshd.js';

const {counter} = demoServices;

/** The counter, frozen at 41 in the state dir of the screen and then moved to another one over ssh; undefined without ssh. */
async function moved(
	t: ExecutionContext,
): Promise<{bus: PrivateBus; client: TestClient; dir: string} | undefined> {
	const sshd = await startSshd(t);
	if (!sshd) return undefined;
	const bus = await testBus(t);
	await startService(bus, counter);
	const client = await TestClient.connect(t, bus);
	await client.add(counter, 41);
	const cli = new Cli(bus, RealScreen.stateDir(bus));
	const {checkpoint: dir} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const remote = `${process.execPath} ${program} --state-dir ${path.join(bus.dir, 'there')}`;
	await cli.ok(t, 'send', dir, sshd.host, ...sshd.options, '--remote-command', remote);
	return {bus, client, dir};
}

test('moved by mistake, and its keeper lives: thawed here with its connection, when the risk was taken', async (t) => {
	const parts = await moved(t);
	if (!parts) return t.pass('openssh-server is not installed: not tried');
	const {bus, client} = parts;
	const owner = await client.owner(counter.name);
	const screen = await RealScreen.on(t, bus, {columns: 80, rows: 24});
	await screen.see(/▸ ❄ Demo\.Counter/);
	// On the main screen, too.
	await screen.press('t', /▸ It was moved to another machine/);
	await screen.press('n', /t thaw/);
	await screen.press('C', /▸ → \S*Demo\.Counter +moved away/);
	await screen.press('t', /▸ It was moved to another machine[\s\S]*moved to \S+@127\.0\.0\.1/);
	await screen.press('y', /First see what speaks against it/);
	await screen.press(' ', /✔ It was moved to another machine[\s\S]*the same bus[\s\S]* connection\./);
	await screen.press('y', /◉ pre-restore/);
	await screen.press('c', /runs on, context preserved/);
	t.is(await client.owner(counter.name), owner);
	t.is(await client.add(counter, 1), 42);
	// It lives here now.
	await screen.press('C', /▸ ✔ \S*Demo\.Counter +thawed/);
	await screen.press('q', /Traffic/);
	screen.pty.write('q');
	t.is(await screen.pty.ended(), 0);
});

test('what the keeper of a held one refuses, because a copy was thawed, is asked about on the main screen', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const client = await TestClient.connect(t, bus);
	await client.add(counter, 41);
	const cli = new Cli(bus, RealScreen.stateDir(bus));
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const file = path.join(bus.dir, 'packed');
	await cli.ok(t, 'pack', checkpoint, file);
	const unpacked = await cli.ok<{checkpoint: string}>(t, 'unpack', file);
	const copy = new Checkpoint(unpacked.checkpoint);
	// As one that was thawed on a bus where its names were free.
	copy.writeManifest({...copy.readManifest(), state: 'thawed'});
	const screen = await RealScreen.on(t, bus, {columns: 80, rows: 24});
	await screen.see(/▸ ❄ Demo\.Counter/);
	await screen.press('t', /y thaws it/);
	await screen.press('y', /▸ Another copy of it is here[\s\S]*which was thawed already/);
	await screen.press(' ', /✔ Another copy of it is here[\s\S]*y thaws it/);
	await screen.press('y', /◉ pre-restore/);
	await screen.press('c', /runs on, context preserved/);
	t.is(await client.add(counter, 1), 42);
});

(process.arch === 'x64' ? test : test.skip)(
	'moved away, its keeper gone, and for another processor: two risks, and new connections',
	async (t) => {
		const parts = await moved(t);
		if (!parts) return t.pass('openssh-server is not installed: not tried');
		const {bus, client, dir} = parts;
		const checkpoint = new Checkpoint(dir);
		const manifest = checkpoint.readManifest();
		process.kill(manifest.keeper?.pid ?? 0, 'SIGKILL');
		await until(async () => (await client.owner(counter.name)) === undefined, 'the bus has noticed');
		checkpoint.writeManifest({...manifest, host: {...manifest.host, bootId: 'another', cpu: 'Opteron 63xx'}});
		editImage(path.join(checkpoint.images, 'cpuinfo.img'), 'cpuinfo', processor, ([entry]) => {
			const capabilities = entry?.x86?.[0]?.capabilities ?? [];
			capabilities[6] = (capabilities[6] ?? 0) | (1 << 16);
			return undefined;
		});
		const screen = RealScreen.start(
			t,
			['--address', bus.address, '--state-dir', RealScreen.stateDir(bus), '--lang', 'zh-CN'],
			{columns: 80, rows: 24, env: bus.env},
		);
		await screen.see(/连接/);
		await screen.press('C', /▸ → \S*Demo\.Counter +已移走/);
		await screen.press('t', /▸ 它已移到另一台机器[\s\S]*○ 本机处理器缺少所需特性/);
		await screen.press(' ', /✔ 它已移到另一台机器[\s\S]*▸ 本机处理器缺少所需特性[\s\S]*fma4/);
		await screen.press(' ', /✔ 本机处理器缺少所需特性[\s\S]*y 解冻/);
		await screen.press('y', /◉ pre-restore/);
		await screen.press('c', /✔ [\s\S]*继续运行/);
		t.is(await client.add(counter, 1), 42);
	},
);
