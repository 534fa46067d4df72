import {once} from 'node:events';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {abortTests, stateOf, stepTo} from './abort-tests.js';

const {counter} = demoServices;

abortTests('dbus-daemon', (t) => testBus(t));

test('the front end is killed at pre-resume: the tree is complete and runs', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const answered = client.add(counter, 4);
	const child = cli.start('--json', 'thaw', '--step', checkpoint);
	await stepTo(child, 'pre-resume');
	child.kill('SIGKILL');
	t.is(await answered, 4);
	await until(() => stateOf(checkpoint) === 'thawed', 'thawed');
});

test('killed after the commit point: frozen, and thawed from elsewhere', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const child = cli.start('--json', 'freeze', '--step', counter.name);
	const checkpoint = await stepTo(child, 'post-dump');
	child.stdin?.write('n\n');
	await until(() => stateOf(checkpoint) === 'frozen', 'past the commit point');
	child.kill('SIGKILL');
	const answered = client.add(counter, 6);
	const isListed = async () => {
		const {connections} = await cli.ok<{connections: Array<{names: string[]; frozen: boolean}>}>(t, 'list');
		return connections.some((one) => one.names.includes(counter.name) && one.frozen);
	};
	await until(isListed, 'listed as frozen');
	const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.true(verdict.preserved);
	t.is(await answered, 6);
});

test('Ctrl-C while stepping aborts and says so', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const child = cli.start('--json', 'freeze', '--step', counter.name);
	const lines: string[] = [];
	child.stdout?.on('data', (data) => lines.push(String(data)));
	await stepTo(child, 'pre-dump');
	child.kill('SIGINT');
	const [code] = await once(child, 'close');
	t.is(code, 130);
	const {error} = JSON.parse(lines.join('').trim().split('\n').at(-1) ?? '') as JsonError;
	t.is(error.code, 'aborted');
	t.is(error.processState, 'running');
	t.is(await client.add(counter, 1), 1);
});
