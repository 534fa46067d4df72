import {mkdirSync, readFileSync, readlinkSync} from 'node:fs';
import test from 'ava';
import type {PrivateBus} from '../../../src/dbus/private-bus.js';
import {isAlive, startTime} from '../../../src/kernel/proc-stat.js';
import type {FreezeResult, ThawResult} from '../../../src/session/events.js';
import {TestClient, testBus, until} from '../../support/bus.js';
import {Cli} from '../../support/cli.js';
import {reaped} from '../../support/criu.js';
import {ResourceProgram} from '../../support/resources.js';
import {demoServices, fixtureProgram, startProgram} from '../../support/services.js';
import {keeperOf, Stepped, strays} from '../../support/survival.js';

const {counter} = demoServices;
const kinds = ['mnt', 'net', 'ipc', 'uts', 'cgroup'];

/** Starts the counter where nothing that we need is to be seen: neither criu nor the checkpoint. */
function startHidden(bus: PrivateBus, cli: Cli): number {
	mkdirSync(cli.stateDir);
	const script = 'for hidden in /var/cache "$0"; do mount -t tmpfs none "$hidden" || exit; done; exec "$1"';
	const {pid} = startProgram(bus, [
		...(['unshare', '--mount', '--net', '--ipc', '--uts', '--cgroup', '--propagation', 'private'] as const),
		...['/bin/sh', '-c', script, cli.stateDir, fixtureProgram('counter')],
	]);
	return pid;
}

const namespacesOf = (pid: number) => kinds.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));

test('a bus service in namespaces of its own comes back into them, on its connection', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	const pid = startHidden(bus, cli);
	const client = await TestClient.connect(t, bus);
	await until(async () => (await client.owner(counter.name)) !== undefined, 'the service is there');
	t.is(await client.add(counter, 5), 5);
	const before = {owner: await client.owner(counter.name), namespaces: namespacesOf(pid)};
	for (const value of [5, 6]) {
		const frozen = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
		t.false(frozen.portable);
		await reaped([pid]);
		const waiting = client.get(counter);
		const thawed = await cli.ok<ThawResult>(t, 'thaw', frozen.checkpoint);
		t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict));
		t.is(await waiting, value);
		t.is(await client.add(counter, 1), value + 1);
		t.is(await client.owner(counter.name), before.owner);
		t.deepEqual(namespacesOf(pid), before.namespaces);
	}
});

test('there, too, it runs on when its keeper is killed, and stays frozen when a thaw is', async (t) => {
	const bus = await testBus(t);
	const cli = new Cli(bus);
	const pid = startHidden(bus, cli);
	const client = await TestClient.connect(t, bus);
	await until(async () => (await client.owner(counter.name)) !== undefined, 'the service is there');
	const daemonPid = Number(await client.daemon('GetConnectionUnixProcessID', 's', ['org.freedesktop.DBus']));
	const started = startTime(pid) ?? '';
	const freezing = Stepped.freeze(cli, counter.name);
	await freezing.to('post-dump');
	process.kill(keeperOf(freezing.checkpoint), 'SIGKILL');
	await until(
		() => strays(freezing.checkpoint, [pid], daemonPid).length === 0,
		'criu and its script are gone',
	);
	t.true(isAlive(pid, started));
	t.is(await client.add(counter, 3), 3);

	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const thawing = Stepped.thaw(cli, checkpoint);
	await thawing.to('post-restore');
	thawing.kill();
	const isThawable = async () => (await cli.json<{ok: boolean}>('thaw', checkpoint)).document.ok;
	await until(isThawable, 'its keeper has noticed');
	t.is(await client.get(counter), 3);
	t.deepEqual(strays(checkpoint, [pid], daemonPid), []);
});

test('out of a user namespace: said before, the same user outside, no capabilities, not called preserved', async (t) => {
	const cli = new Cli(await testBus(t));
	// Root inside, nobody in particular outside: it must not come back as root.
	const around = 'setpriv --reuid 65534 --clear-groups unshare --user --map-root-user --mount'.split(' ');
	const program = await ResourceProgram.start(t, ['eventfd'], around);
	const {document: report} = await cli.json<{warnings: Array<{finding: string}>}>(
		'doctor',
		`pid:${program.pid}`,
	);
	t.true(report.warnings.some(({finding}) => finding === 'leaves-user-namespace'));
	const {code, document} = await cli.json<ThawResult>('cycle', `pid:${program.pid}`);
	t.is(code, 1, JSON.stringify(document));
	const reasons = document.verdict.differences
		.filter((one) => one.class !== 'expected')
		.map(({reason}) => reason);
	t.deepEqual([...new Set(reasons)], ['left-user-namespace']);
	t.deepEqual(await program.broken(), []);
	const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
	t.regex(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
	t.regex(status, /^CapEff:\t0+$/m);
});

test('in a network without anything in it, where criu cannot find out what it must know, and with a FUSE mount', async (t) => {
	const cli = new Cli(await testBus(t));
	const around = ['unshare', '--net', '--mount', '--propagation', 'private'];
	const program = await ResourceProgram.start(t, ['pidfd', 'wall-clock', 'fuse-mount'], around);
	t.deepEqual(await program.broken(), []);
	t.true((await cli.ok<ThawResult>(t, 'cycle', `pid:${program.pid}`)).verdict.preserved);
	t.deepEqual(await program.broken(), []);
});
