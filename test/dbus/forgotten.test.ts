import fs from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import type {Bus} from '../../src/dbus/calls.js';
import {takeCensus} from '../../src/dbus/census.js';
import {withForgottenPids} from '../../src/dbus/forgotten.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import type {BusPeer} from '../../src/dbus/types.js';
import {fdNumbers, inodeIn} from '../../src/process/fds.js';
import {readLink} from '../../src/process/read.js';
import {testBus, until} from '../support/bus.js';
import {busClient, manyName, startMany} from '../support/many.js';

const [one, two] = [manyName('One'), manyName('Two')];

/** Starts a service whose connection is a child's when who connected is gone. @returns who connected. */
async function startOrphan(t: ExecutionContext, bus: PrivateBus, client: Bus, name: string): Promise<number> {
	const {pid} = await startMany(t, bus, ['connect', bus.address, name, 'leave'], [[client, name]]);
	await until(() => !fs.existsSync(`/proc/${pid}`), 'who connected is gone', 30);
	return pid;
}

/** As dbus-daemon 1.16 tells it; earlier ones go on telling the pid of a process that is gone. */
async function census(client: Bus): Promise<BusPeer[]> {
	return (await takeCensus(client)).map(({pid, ...peer}) =>
		pid === undefined || !fs.existsSync(`/proc/${pid}`) ? peer : {...peer, pid},
	);
}

function named(peers: readonly BusPeer[], name: string): BusPeer | undefined {
	return peers.find(({names}) => names.includes(name));
}

function onlySocketOf(pid: number): number {
	const links = fdNumbers(pid).map((fd) => readLink(`/proc/${pid}/fd/${fd}`) ?? '');
	const [only, ...others] = links.filter((link) => link.startsWith('socket:['));
	if (only === undefined || others.length > 0) throw new Error(`sockets of ${pid}: ${links.join(' ')}`);
	return inodeIn(only) ?? 0;
}

test('of a connection without a pid the kernel knows who connected, and who has it', async (t) => {
	const bus = await testBus(t);
	const client = await busClient(t, bus);
	const living = await startMany(t, bus, ['connect', bus.address, two], [[client, two]]);
	const connectedBy = await startOrphan(t, bus, client, one);
	const peers = await census(client);
	t.is(named(peers, one)?.pid, undefined);
	const found = withForgottenPids(peers, bus.pid, []);
	t.like(named(found, one), {connectedBy, comm: 'many', forgotten: true});
	t.true(fs.existsSync(`/proc/${named(found, one)?.pid}`));
	t.deepEqual(named(found, two), named(peers, two));
	t.is(named(found, two)?.pid, living.pid);
	t.deepEqual(withForgottenPids(peers, undefined, []), peers, 'nobody knows who the daemon is');
});

test('two that could be either are not guessed at; once one is known, the other is, too', async (t) => {
	const bus = await testBus(t);
	const client = await busClient(t, bus);
	await startOrphan(t, bus, client, one);
	const first = named(withForgottenPids(await census(client), bus.pid, []), one);
	await startOrphan(t, bus, client, two);
	const peers = await census(client);
	t.deepEqual(withForgottenPids(peers, bus.pid, []), peers);

	const pid = first?.pid ?? 0;
	const remembered = [{uniqueName: first?.uniqueName ?? '', inode: onlySocketOf(pid), pid}];
	const found = withForgottenPids(peers, bus.pid, remembered);
	t.deepEqual(named(found, one), first);
	t.like(named(found, two), {comm: 'many', forgotten: true});
	t.not(named(found, two)?.pid, pid);
});
