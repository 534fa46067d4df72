import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Fault} from '../../src/common/fault.js';
import {type Bus, BusError, connectBus} from '../../src/dbus/calls.js';
import type {Variant} from '../../src/dbus/wire/reader.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {temporaryFolder} from '../support/compile.js';
import {demoServices, startService} from '../support/services.js';

async function client(t: ExecutionContext, address: string, uid?: number): Promise<Bus> {
	const bus = await connectBus({address, ...(uid === undefined ? {} : {uid})});
	t.teardown(() => bus.close());
	return bus;
}

async function credentials(bus: Bus): Promise<Map<string, Variant>> {
	return (await bus.driver('GetConnectionCredentials', 's', [bus.uniqueName]))[0] as Map<string, Variant>;
}

/** A daemon that listens where the test says. */
async function daemonAt(t: ExecutionContext, listen: string): Promise<void> {
	const folder = temporaryFolder(t);
	const config = path.join(folder, 'bus.conf');
	fs.writeFileSync(
		config,
		`<busconfig><type>session</type><listen>${listen}</listen><policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`,
	);
	const daemon = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address'], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	t.teardown(() => daemon.kill('SIGKILL'));
	await once(daemon.stdout, 'data');
}

test('calls get their answers, pipelined and in any order', async (t) => {
	const {address} = await testBus(t);
	const bus = await client(t, address);
	const answers = await Promise.all(
		Array.from({length: 500}, (_, index) =>
			index % 2 === 0
				? bus.driver('GetNameOwner', 's', [bus.uniqueName])
				: bus.driver('NameHasOwner', 's', ['x.y']),
		),
	);
	t.true(answers.every(([value], index) => value === (index % 2 === 0 ? bus.uniqueName : false)));
});

test('calls reach services of other libraries, errors come back as they were sent', async (t) => {
	const private_ = await testBus(t);
	const {name, path: objectPath} = demoServices.counter;
	await startService(private_, demoServices.counter);
	const bus = await client(t, private_.address);
	const call = {destination: name, path: objectPath, interface: name};
	t.deepEqual(await bus.call({...call, member: 'Add', signature: 'i', body: [5]}), [5]);
	const error = await t.throwsAsync(bus.call({...call, member: 'Nonsense'}), {instanceOf: BusError});
	t.is(error?.errorName, 'org.freedesktop.DBus.Error.UnknownMethod');
	t.false(error?.isOurs);
});

test('signals are heard by rule, until unsubscribed', async (t) => {
	const {address} = await testBus(t);
	const [listener, other] = [await client(t, address), await client(t, address)];
	const heard: unknown[] = [];
	const unsubscribe = await listener.onSignal({member: 'NameOwnerChanged', arg0: 'org.example.A'}, ({body}) =>
		heard.push(body),
	);
	await other.driver('RequestName', 'su', ['org.example.B', 0]);
	await other.driver('RequestName', 'su', ['org.example.A', 0]);
	await until(() => heard.length === 1, 'one signal');
	t.deepEqual(heard, [['org.example.A', '', other.uniqueName]]);
	await unsubscribe();
	await other.driver('ReleaseName', 's', ['org.example.A']);
	await listener.driver('GetId');
	t.is(heard.length, 1);
});

test('a call that nobody answers ends in time, one to us is refused at once', async (t) => {
	const private_ = await testBus(t);
	const bus = await client(t, private_.address);
	const other = await TestClient.connect(t, private_);
	const refusal = await t.throwsAsync(other.call(bus.uniqueName, '/', 'Anything', '', [], 'a.b'));
	t.is((refusal as Error & {type: string}).type, 'org.freedesktop.DBus.Error.UnknownMethod');

	const mute = net.connect(private_.address.replace(/^unix:path=|,.*$/g, ''));
	t.teardown(() => mute.destroy());
	const hello = Buffer.from(
		`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.())).toString('hex')}\r\nBEGIN\r\n`,
	);
	mute.write(hello);
	const {encodeMessage} = await import('../../src/dbus/wire/writer.js');
	const {driver} = await import('../../src/dbus/calls.js');
	mute.write(encodeMessage({...driver, type: 'call', serial: 1, member: 'Hello'}));
	const name = `:1.${Number(bus.uniqueName.slice(3)) + 2}`;
	await until(
		async () => (await bus.driver('NameHasOwner', 's', [name]))[0] === true,
		'the mute client is there',
	);
	const late = await t.throwsAsync(
		bus.call({destination: name, path: '/', interface: 'a.b', member: 'C', timeout: 50}),
		{instanceOf: BusError},
	);
	t.is(late?.errorName, 'org.freedesktop.DBus.Error.NoReply');
	t.true(late?.isOurs);
});

test('a lost bus rejects what is pending and says so', async (t) => {
	const private_ = await testBus(t);
	const bus = await client(t, private_.address);
	process.kill(private_.pid, 'SIGSTOP');
	const pending = bus.driver('GetId');
	process.kill(private_.pid, 'SIGKILL');
	const error = await t.throwsAsync(pending, {instanceOf: BusError});
	t.is(error?.errorName, 'org.freedesktop.DBus.Error.Disconnected');
	t.truthy(await bus.closed);
	await t.throwsAsync(bus.driver('GetId'), {instanceOf: BusError});
});

test('abstract addresses and escaped paths are reached, later entries of a list too', async (t) => {
	const abstract = `unix:abstract=/dbusfreeze-test-${process.pid}`;
	await daemonAt(t, abstract);
	t.regex((await client(t, abstract)).uniqueName, /^:/);
	const folder = path.join(temporaryFolder(t), 'a b;c');
	fs.mkdirSync(folder);
	const escaped = `unix:path=${folder.replace('a b;c', 'a%20b%3bc')}/bus`;
	await daemonAt(t, escaped);
	t.regex((await client(t, `tcp:host=x;unix:path=/nowhere;${escaped}`)).uniqueName, /^:/);
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;
asRoot('another uid is used for the connection and for nothing else', async (t) => {
	const folder = temporaryFolder(t);
	fs.chmodSync(folder, 0o755);
	const address = `unix:path=${folder}/bus`;
	await daemonAt(t, address);
	const bus = await client(t, address, 65534);
	t.is((await credentials(bus)).get('UnixUserID')?.value, 65534);
	t.is(process.geteuid?.(), 0);
	t.is((await credentials(await client(t, address))).get('UnixUserID')?.value, 0);
});

test('what cannot be reached is a fault with the reason', async (t) => {
	const folder = temporaryFolder(t);
	const reasonOf = async (address: string): Promise<unknown> => {
		const fault = await t.throwsAsync(connectBus({address}), {instanceOf: Fault});
		t.is(fault?.code, 'bus-unreachable');
		return (fault as Fault<'bus-unreachable'>).params.reason;
	};
	t.is(await reasonOf(`unix:path=${folder}/nothing`), 'ENOENT');
	const answers: Record<string, string | undefined> = {
		'not-a-bus': 'HTTP/1.1 400 Bad Request\r\n\r\n',
		'auth-rejected': 'REJECTED EXTERNAL\r\n',
		closed: undefined,
	};
	for (const [reason, answer] of Object.entries(answers)) {
		const socket = path.join(folder, reason);
		const server = net.createServer((peer) => {
			peer.on('error', () => {});
			if (answer === undefined) peer.destroy();
			else peer.write(answer);
		});
		t.teardown(() => server.close());
		server.listen(socket);
		await once(server, 'listening');
		t.is(await reasonOf(`unix:path=${socket}`), reason);
	}
});
