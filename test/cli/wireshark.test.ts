import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {program} from '../support/cli.js';
import {programPath} from '../support/on-path.js';
import {demoServices, startService} from '../support/services.js';

// The set-up installs it where it can, and says so where it cannot.
const tshark = programPath('tshark');
const withTshark = tshark === undefined ? test.skip : test;

/** Wireshark's fields of each message that its display filter lets through. */
function dissected(file: string, filter: string, fields: readonly string[]): string[][] {
	const asked = fields.flatMap((name) => ['-e', name]);
	const argv = ['-r', file, '-Y', filter, '-T', 'fields', ...asked];
	// 2: the file ends within a message, as one can whose writer was ended.
	const {status, stdout: out, stderr} = spawnSync(tshark as string, argv, {encoding: 'utf8'});
	if (status !== 0 && status !== 2) throw new Error(`tshark: exit ${status}\n${stderr}`);
	return out
		.split('\n')
		.slice(0, -1)
		.map((line) => line.split('\t'));
}

/** Size and member of each message; later Wiresharks show at a reply what it answers, which is not in the message. */
function sizesAndMembers(file: string): Array<[size: number, member: string]> {
	const fields = ['frame.len', 'dbus.message_type', 'dbus.member'];
	return dissected(file, 'dbus', fields).map(([size, type, name = '']) => [
		Number(size),
		type === '2' || type === '3' ? '' : name,
	]);
}

function capturing(t: ExecutionContext, command: string, args: string[], file: string): ChildProcess {
	const output = fs.openSync(file, 'w', 0o600);
	const child = spawn(command, args, {stdio: ['ignore', output, 'ignore']});
	fs.closeSync(output);
	t.teardown(() => child.kill('SIGKILL'));
	return child;
}

/** Sends signals until the monitor has written one of them: then it is there, and sees what follows. */
async function untilItCaptures(client: TestClient, file: string): Promise<void> {
	await until(() => {
		client.bump(1);
		return fs.readFileSync(file).includes('Bump');
	}, `a signal is in ${file}`);
}

/** Calls a service, ends the monitor when that is in its file, and tells what the file has then. */
async function callAndEnd(
	bus: PrivateBus,
	client: TestClient,
	monitor: ChildProcess,
	file: string,
): Promise<void> {
	await client.add(demoServices.counter, 41);
	const name = Buffer.from(demoServices.counter.name);
	await until(
		() => {
			// Some gather what they write.
			client.bump(1);
			const bytes = fs.readFileSync(file);
			const called = bytes.indexOf(name);
			return called >= 0 && bytes.indexOf('Bump', called) >= 0;
		},
		`${path.basename(file)} of ${bus.address} has the call`,
	);
	const ended = once(monitor, 'exit');
	monitor.kill('SIGTERM');
	await ended;
}

interface Captured {
	type: string;
	member?: string;
	size: number;
}

/** What `open` reads, and what it had to pass over. */
function opened(file: string): Captured[] {
	const out = execFileSync(process.execPath, [program, '--json', 'open', file], {encoding: 'utf8'});
	return out
		.split('\n')
		.slice(0, -1)
		.map((line) => JSON.parse(line) as Captured);
}

withTshark('Wireshark reads what watch --pcap writes: each message, its member, its arguments', async (t) => {
	const bus = await testBus(t);
	await startService(bus, demoServices.counter);
	const client = await TestClient.connect(t, bus);
	const file = path.join(bus.dir, 'ours.pcap');
	const args = [program, '--address', bus.address, 'watch', '--pcap', '-'];
	const monitor = capturing(t, process.execPath, args, file);
	await untilItCaptures(client, file);
	await callAndEnd(bus, client, monitor, file);
	const ours = opened(file);
	const all = sizesAndMembers(file);
	t.deepEqual(
		all,
		ours.map(({size, member: name = ''}) => [size, name]),
	);
	t.true(all.length > 5);
	t.deepEqual(dissected(file, '_ws.malformed', ['frame.number']), []);
	t.deepEqual(
		dissected(file, 'dbus.message_type == 1 && dbus.member == "Add"', [
			'dbus.destination',
			'dbus.interface',
			'dbus.signature',
			'dbus.type.int32',
		]),
		[[demoServices.counter.name, demoServices.counter.name, 'i', '41']],
	);
});

for (const [name, argv] of [
	['busctl capture', (address: string) => ['busctl', `--address=${address}`, 'capture']],
	['dbus-monitor --pcap', (address: string) => ['dbus-monitor', '--address', address, '--pcap']],
] as const) {
	const there = programPath(name.split(' ')[0] as string) !== undefined && tshark !== undefined;
	(there ? test : test.skip)(`what ${name} writes is read as Wireshark reads it`, async (t) => {
		const bus = await testBus(t);
		await startService(bus, demoServices.counter);
		const client = await TestClient.connect(t, bus);
		const file = path.join(bus.dir, 'theirs.pcap');
		const [command, ...args] = argv(bus.address);
		const monitor = capturing(t, command as string, args, file);
		await untilItCaptures(client, file);
		await callAndEnd(bus, client, monitor, file);
		const ours = opened(file);
		t.deepEqual(
			ours.map(({size, member: called = ''}) => [size, called]),
			sizesAndMembers(file),
		);
		t.true(ours.some(({type, member: called}) => type === 'call' && called === 'Add'));
	});
}
