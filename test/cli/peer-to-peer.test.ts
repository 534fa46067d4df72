import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {readFds} from '../../src/process/fds.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {testBus, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {ask, busClient, manyName, startMany} from '../support/many.js';
import {PeerClient} from '../support/peer-client.js';

const name = manyName('One');

test('a service with clients of its own, without a bus: those that were there and those that come meanwhile are served', async (t) => {
	const bus = await testBus(t);
	const client = await busClient(t, bus);
	const server = path.join(bus.dir, 'peers');
	const {pid} = await startMany(t, bus, ['serve', server, 'connect', bus.address, name], [[client, name]]);
	const early = await PeerClient.connect(t, server);
	t.is(await early.add(1), 1);
	const cli = new Cli(bus);
	const {stdout} = await cli.run(['doctor', name]);
	t.regex(stdout, /ok +the listening socket \/.*\/peers of process \d+ \(fd \d+\) is held/);
	t.regex(stdout, /ok +a socket of process \d+ \(fd \d+, to \S+ \/.*\/peers\) is held/);

	for (let round = 1; round <= 2; round++) {
		const clients = 2 * round - 1;
		// libdbus from 1.16 on keeps one of each client, several times.
		const keepsPidfds = readFds(pid).fds.some(({kind}) => kind === 'pidfd');
		const frozen = await cli.ok<FreezeResult>(t, 'freeze', name);
		t.deepEqual(frozen.held.map(({kind, bus: isBus}) => [kind, isBus]).sort(), [
			['listener', false],
			...Array.from({length: keepsPidfds ? clients : 0}, () => ['pidfd', false]),
			...Array.from({length: clients + 1}, (_, index) => ['socket', index === clients]),
		]);
		t.true(
			frozen.portableBecause.every((reason) => /^(?:socket|pidfd)/.test(reason)),
			'a listener can be made anew',
		);
		let isServed = false;
		const newcomer = PeerClient.connect(t, server).then((peer) => {
			isServed = true;
			return peer;
		});
		const answer = early.add(10);
		await delay(50);
		t.false(isServed, 'it is connected, and nobody answers');
		const {verdict} = await cli.ok<ThawResult>(t, 'thaw', frozen.checkpoint);
		t.true(verdict.preserved, JSON.stringify(verdict));
		t.is(await answer, 1 + 10 * round);
		t.is(await (await newcomer).add(5), 5);
		t.is(await (await PeerClient.connect(t, server)).add(6), 6, 'the socket is where it was');
		t.deepEqual(
			fs.readdirSync(bus.dir).filter((file) => file.includes('peers')),
			['peers'],
		);
	}
	t.false(early.isClosed);
	t.true(fs.existsSync(`/proc/${pid}`));
	t.is(await ask(client, name, 'Add', 3), 3);
});

test('a client that was not accepted yet when its service stopped is served after the thaw', async (t) => {
	const bus = await testBus(t);
	const client = await busClient(t, bus);
	const server = path.join(bus.dir, 'peers');
	const {pid} = await startMany(t, bus, ['serve', server, 'connect', bus.address, name], [[client, name]]);
	process.kill(pid, 'SIGSTOP');
	await until(() => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T '), 'it stands');
	const newcomer = PeerClient.connect(t, server);
	const cli = new Cli(bus);
	const {verdict} = await cli.ok<ThawResult>(t, 'cycle', name);
	t.true(verdict.preserved, JSON.stringify(verdict));
	process.kill(pid, 'SIGCONT');
	t.is(await (await newcomer).add(2), 2);
});

test('a thaw that is aborted leaves the socket where clients look for it', async (t) => {
	const bus = await testBus(t);
	const client = await busClient(t, bus);
	const server = path.join(bus.dir, 'peers');
	await startMany(t, bus, ['serve', server, 'connect', bus.address, name], [[client, name]]);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', name);
	const {code} = await cli.run(['thaw', '--step', checkpoint], 'n\na\n');
	t.is(code, 130);
	const newcomer = PeerClient.connect(t, server);
	await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.is(await (await newcomer).add(2), 2);
});
