import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Checkpoint} from '../../src/checkpoint/folder.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {compile, flagsOf} from '../support/compile.js';
import {demoServices, startProgram, startService} from '../support/services.js';

const name = 'org.dbusfreeze.Test.Sleeper';

/** A frozen service that is not what it was when it wakes. */
async function frozen(t: ExecutionContext, mode: string) {
	const bus = await testBus(t);
	const source = path.join(import.meta.dirname, 'programs/wakes-badly.c');
	startProgram(bus, [compile(t, source, flagsOf('dbus-1')), name, mode], {logName: 'sleeper'});
	const client = await TestClient.connect(t, bus);
	await until(async () => (await client.owner(name)) !== undefined, 'it is there');
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', name);
	return {cli, checkpoint};
}

const answerIn = (checkpoint: string) =>
	new Checkpoint(checkpoint).readSnapshot('after')?.connections.map(({answer}) => answer);

test('a service is preserved when it answers: CRIU only says that it was put together', async (t) => {
	const bus = await testBus(t);
	await startService(bus, demoServices.counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', demoServices.counter.name);
	const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.true(verdict.preserved);
	t.deepEqual(answerIn(checkpoint), ['answered']);
});

test('one that hangs since the thaw is not preserved', async (t) => {
	const {cli, checkpoint} = await frozen(t, 'hang');
	const {code, document} = await cli.json<ThawResult>('thaw', checkpoint);
	t.is(code, 1);
	const bad = document.verdict.differences.filter((difference) => difference.class !== 'expected');
	t.deepEqual(
		bad.map(({path: place, after, reason}) => [place.replace(/\d+:\d+/, ''), after, reason]),
		[['connections//answer', 'silent', 'silent']],
	);
	t.deepEqual(answerIn(checkpoint), ['silent']);
});

test('one that dies at its first instruction is lost, although CRIU has restored it', async (t) => {
	const {cli, checkpoint} = await frozen(t, 'die');
	const {code, document} = await cli.json<JsonError>('thaw', checkpoint);
	t.is(code, 7);
	t.like(document.error, {code: 'process-lost', processState: 'lost'});
	t.regex(document.error.message, /after the restore/);
	t.is(new Checkpoint(checkpoint).readManifest().state, 'lost');
});

test('one that answers no Ping by nature, but reads what it is sent, is told apart', async (t) => {
	const {cli, checkpoint} = await frozen(t, 'mute');
	const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.true(verdict.preserved);
	t.true(verdict.differences.some(({reason}) => reason === 'reads-without-answer'));
	t.deepEqual(answerIn(checkpoint), ['reads']);
});

test('where the bus lets nobody ask, it is said', async (t) => {
	const deny = '<policy context="default"><deny send_interface="org.freedesktop.DBus.Peer"/></policy>';
	const bus = await testBus(t, deny);
	await startService(bus, demoServices.counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', demoServices.counter.name);
	const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.true(verdict.preserved);
	t.true(verdict.differences.some(({reason}) => reason === 'ping-denied'));
	t.deepEqual(answerIn(checkpoint), ['denied']);
});
