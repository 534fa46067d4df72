import fs from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import type {Snapshot} from '../../src/context/model.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import type {BusPeer} from '../../src/dbus/types.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {tellsPid, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {ask, busClient, manyName, ownerOf, startMany} from '../support/many.js';

const [one, two, three] = [manyName('One'), manyName('Two'), manyName('Three')];

/** What must hold on every bus, whatever its daemon. */
export function manyTests(daemon: string, startBus: (t: ExecutionContext) => Promise<PrivateBus>): void {
	test(`${daemon}: a service on two buses: both connections are shown, held, and work after the thaw`, async (t) => {
		const [system, session] = [await startBus(t), await startBus(t)];
		const [here, there] = [await busClient(t, system), await busClient(t, session)];
		const args = ['connect', system.address, one, 'connect', session.address, two];
		const {pid} = await startMany(t, system, args, [
			[here, one],
			[there, two],
		]);
		const owners = [await ownerOf(here, one), await ownerOf(there, two)];
		const cli = new Cli(system);

		const doctor = await cli.run(['doctor', one]);
		t.true(
			doctor.stdout.includes(`${owners[1]} ${two} is held (on unix:path=${session.dir}/`),
			doctor.stdout,
		);
		const frozen = await cli.ok<FreezeResult>(t, 'freeze', one);
		t.false(fs.existsSync(`/proc/${pid}`));
		t.deepEqual(
			frozen.connections.map(({names}) => names[0]?.name),
			[one, two],
		);
		t.is(frozen.connections[0]?.busAddress, here.address);
		t.true(frozen.connections[1]?.busAddress.startsWith(`unix:path=${session.dir}/`));
		t.deepEqual(frozen.names, [one], 'what this bus knows it by');
		t.deepEqual([await ownerOf(here, one), await ownerOf(there, two)], owners);
		const elsewhere = new Cli(session);
		const listed = await elsewhere.run(['--state-dir', cli.stateDir, 'list']);
		t.regex(
			listed.stdout,
			new RegExp(`${two}.*${frozen.checkpoint.split('/').at(-1)}`),
			'frozen for the other bus, too',
		);

		const answers = [ask(here, one, 'Add', 5), ask(there, two, 'Add', 7)];
		const {verdict, names} = await cli.ok<ThawResult>(t, 'thaw', frozen.checkpoint);
		t.deepEqual(await Promise.all(answers), [5, 7]);
		t.deepEqual([await ask(here, one, 'Who'), await ask(there, two, 'Who')], owners);
		t.true(verdict.preserved, JSON.stringify(verdict));
		t.deepEqual(names, [one]);

		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', one, '--while-frozen', 'refuse');
		await t.throwsAsync(ask(here, one, 'Get'), {message: new RegExp(one)});
		await t.throwsAsync(ask(there, two, 'Get'), {message: new RegExp(two)}, 'refused on both');
		const again = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.true(again.verdict.preserved, JSON.stringify(again.verdict));
		t.deepEqual([await ask(here, one, 'Get'), await ask(there, two, 'Get')], [5, 7]);
		t.deepEqual([await ownerOf(here, one), await ownerOf(there, two)], owners);
	});

	test(`${daemon}: who has the connection now is meant, when who connected is gone`, async (t) => {
		const bus = await startBus(t);
		const client = await busClient(t, bus);
		const {pid: connector} = await startMany(t, bus, ['connect', bus.address, one, 'leave'], [[client, one]]);
		await until(() => !fs.existsSync(`/proc/${connector}`), 'who connected is gone', 30);
		const cli = new Cli(bus);
		const {connections} = await cli.ok<{connections: BusPeer[]}>(t, 'list');
		const listed = connections.find(({names}) => names.includes(one));
		t.like(listed, {connectedBy: connector, comm: 'many', frozen: false});
		const owner = await ownerOf(client, one);
		for (let round = 1; round <= 2; round++) {
			const frozen = await cli.ok<FreezeResult>(t, 'freeze', one);
			t.is(frozen.pid, listed?.pid ?? 0);
			t.like(frozen.connections, {0: {uniqueName: owner, matchedBy: 'only'}, length: 1});
			const after = (await cli.ok<{connections: BusPeer[]}>(t, 'list')).connections;
			t.like(
				after.find(({names}) => names.includes(one)),
				{frozen: true, pid: frozen.pid},
			);
			const {verdict} = await cli.ok<ThawResult>(t, 'thaw', frozen.checkpoint);
			t.true(verdict.preserved, JSON.stringify(verdict));
			t.is(await ask(client, one, 'Add', 1), round);
		}
	});

	test(`${daemon}: children with connections: one of its own, and the parent’s that it shares`, async (t) => {
		const bus = await startBus(t);
		const client = await busClient(t, bus);
		const args = ['connect', bus.address, one, 'fork', 'connect', bus.address, two];
		const {pid} = await startMany(t, bus, args, [
			[client, one],
			[client, two],
		]);
		const owners = [await ownerOf(client, one), await ownerOf(client, two)];
		const cli = new Cli(bus);
		const before = await cli.ok<Snapshot>(t, 'snapshot', one);
		t.is(before.processes.length, 2);
		t.deepEqual(
			before.connections.map((each) => [each.uniqueName, each.pid === pid, each.matchedBy]),
			[
				[owners[0], true, 'only'],
				[owners[1], false, 'only'],
			],
			'one line for each connection, of who connected',
		);
		for (let round = 1; round <= 2; round++) {
			const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', one);
			const answers = [ask(client, one, 'Add', 1), ask(client, two, 'Add', 10)];
			const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
			t.deepEqual(await Promise.all(answers), [round, 10 * round]);
			t.true(verdict.preserved, JSON.stringify(verdict));
			const differences = verdict.differences.filter(
				({path, reason}) => path.startsWith('connections') && reason !== 'rules-untold',
			);
			// Once: what it has forgotten stays so.
			const isForgotten = round === 1 && !(await tellsPid((...call) => client.driver(...call), one));
			t.deepEqual(
				differences.map(({path, reason}) => [path.replace(/.*\//, ''), reason]),
				isForgotten ? [1, 2].map(() => ['pid', 'daemon-forgot-pid']) : [],
			);
		}
		t.deepEqual([await ask(client, one, 'Who'), await ask(client, two, 'Who')], owners);
	});

	test(`${daemon}: three connections of one process to one bus`, async (t) => {
		const bus = await startBus(t);
		const client = await busClient(t, bus);
		const args = [one, two, three].flatMap((name) => ['connect', bus.address, name]);
		await startMany(t, bus, args, [[client, three]]);
		const owners = await Promise.all([one, two, three].map((name) => ownerOf(client, name)));
		const cli = new Cli(bus);
		const {connections, checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', one);
		t.deepEqual(connections.map(({uniqueName}) => uniqueName).sort(), [...owners].sort());
		const answers = [one, two, three].map((name, index) => ask(client, name, 'Add', index + 1));
		const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.deepEqual(await Promise.all(answers), [1, 2, 3]);
		t.true(verdict.preserved, JSON.stringify(verdict));
		t.deepEqual(await Promise.all([one, two, three].map((name) => ask(client, name, 'Who'))), owners);
	});

	test(`${daemon}: connections whose order says the wrong thing are told apart by what arrives in them`, async (t) => {
		const bus = await startBus(t);
		const client = await busClient(t, bus);
		// On one processor, so that the order of inodes is that of connecting. dbus-daemon numbers its connections when
		// they say Hello, dbus-broker when they connect.
		const args = ['cpu', '0', 'connect', bus.address, three, 'crossed', bus.address, one, two, 'cpu', 'any'];
		const {logPath} = await startMany(t, bus, args, [[client, two]]);
		const lines = () => fs.readFileSync(logPath, 'utf8').trim().split('\n');
		const truth = lines().map((line) => line.split(' '));
		const cli = new Cli(bus);
		const guessed = await cli.ok<Snapshot>(t, 'snapshot', one);
		t.true(guessed.connections.every(({matchedBy}) => matchedBy === 'order'));
		const wrong = guessed.connections.filter(
			({uniqueName, fd}) => !truth.some((line) => line[1] === uniqueName && line[2] === String(fd)),
		);
		t.is(wrong.length, daemon === 'dbus-daemon' ? 2 : 0, 'the order misleads');

		const {connections, checkpoint, warnings} = await cli.ok<FreezeResult>(
			t,
			'freeze',
			one,
			'--while-frozen',
			'refuse',
		);
		t.deepEqual(
			connections.map(({names, uniqueName, fd}) => [names[0]?.name, uniqueName, String(fd)]).sort(),
			truth.sort(),
		);
		t.true(connections.every(({matchedBy}) => matchedBy === 'message'));
		t.false(warnings.some(({warning}) => warning === 'connection-guessed'));
		for (const name of [one, two, three])
			await t.throwsAsync(ask(client, name, 'Get'), {message: new RegExp(name)}, 'each is refused as itself');
		const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.true(verdict.preserved, JSON.stringify(verdict));
		for (const [name = '', owner] of truth) t.is(await ask(client, name, 'Who'), owner);
		t.is(lines().length, truth.length, 'it saw nothing of the search');
	});
}
