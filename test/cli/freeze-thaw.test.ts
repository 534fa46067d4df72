import fs from 'node:fs';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {freezeThawTests} from './freeze-thaw-tests.js';

const {counter, ledger} = demoServices;

freezeThawTests('dbus-daemon', (t) => testBus(t), 10);

test('a target can be a unique name, a pid, or the end of a name', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, ledger);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const owner = (await client.owner(ledger.name)) ?? '';
	for (const target of [owner, `pid:${pid}`, 'Ledger']) {
		const {pid: found} = await cli.ok<ThawResult>(t, 'cycle', target);
		t.is(found, pid, target);
	}
});

test('list shows what is frozen, in which checkpoint, and whose it was', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	type Listed = {connections: Array<{names: string[]; pid?: number; frozen: boolean; checkpoint?: string}>};
	const listed = async () =>
		(await cli.ok<Listed>(t, 'list')).connections.find(({names}) => names.includes(counter.name));
	t.like(await listed(), {pid, frozen: true, checkpoint: checkpoint.split('/').at(-1)});
	await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.like(await listed(), {pid, frozen: false});
});

test('folders are 0700 and files 0600: memory and messages are secrets', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const open: string[] = [];
	for (const entry of fs.readdirSync(checkpoint, {recursive: true, withFileTypes: true})) {
		const file = `${entry.parentPath}/${entry.name}`;
		if (fs.lstatSync(file).mode & 0o077) open.push(file);
	}
	// criu's own images are 0600 by its own doing; the folder keeps everybody out in any case.
	t.deepEqual(open, []);
	t.is(fs.statSync(checkpoint).mode & 0o777, 0o700);
});

test('--leave-running writes images and changes nothing', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--leave-running');
	t.true(fs.existsSync(`/proc/${pid}`));
	t.is(await client.add(counter, 1), 1);
	const {code} = await cli.json('thaw', checkpoint);
	t.is(code, 5);
	t.is(await client.add(counter, 1), 2, 'refused, and nothing touched');
});

test('--leave-stopped restores, and SIGCONT lets it run', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const answered = client.add(counter, 5);
	await cli.ok<ThawResult>(t, 'thaw', checkpoint, '--leave-stopped');
	t.regex(fs.readFileSync(`/proc/${pid}/status`, 'utf8'), /^State:\s+T/m);
	process.kill(pid, 'SIGCONT');
	t.is(await answered, 5);
});
