import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {brokerFolder} from '../../scripts/setup/places.mjs';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {Variant} from '../../src/dbus/wire/reader.js';
import {encodeMessage} from '../../src/dbus/wire/writer.js';
import {closeFd} from '../../src/kernel/descriptor.js';
import {keepDescriptorsFromChildren} from '../../src/kernel/inheritance.js';
import {socketPair} from '../../src/kernel/socket.js';
import {receiveWithFds, sendWithFds} from '../../src/kernel/socket-messages.js';
import {temporaryFolder} from './compile.js';
import {eventually} from './eventually.js';

/** $DBUSFREEZE_BROKER, else an installed one, else the one that set-up has fetched; undefined: there is none. */
export function brokerProgram(): string | undefined {
	const named = process.env.DBUSFREEZE_BROKER;
	if (named) return named;
	const folders = [...(process.env.PATH ?? '').split(':'), '/usr/bin', path.join(brokerFolder(), 'usr/bin')];
	return folders.map((folder) => path.join(folder, 'dbus-broker')).find((file) => fs.existsSync(file));
}

const sendRules = [[true, 1n, '', '', '', '', 0, 0, 0n, 0xffff_ffff_ffff_ffffn]];
/** May connect (with priority 1), own every name, send everything, receive everything. */
const everything = [true, 1n, [[true, 1n, true, '']], sendRules, sendRules];
const batchType = 'bta(btbs)a(btssssuutt)a(btssssuutt)';
const policyType = `(a(u(${batchType}))a(buu(${batchType}))a(ss)bs)`;

/**
 * A dbus-broker of the test's own, without launcher and systemd: we are its controller, hand it a listening
 * socket and a policy that lets everybody do everything. Ends with the test, with all programs of its mark.
 */
export async function testBroker(t: ExecutionContext, program: string): Promise<PrivateBus> {
	const dir = temporaryFolder(t);
	const [ours, theirs] = socketPair();
	const log = fs.openSync(path.join(dir, 'broker.log'), 'w');
	keepDescriptorsFromChildren();
	const limits = [
		'--max-bytes',
		'100000000',
		'--max-fds',
		'4096',
		'--max-matches',
		'8192',
		'--max-objects',
		'8192',
	];
	const child = spawn(
		program,
		['--controller', '3', '--machine-id', '0123456789abcdef0123456789abcdef', ...limits],
		{detached: true, stdio: ['ignore', log, log, theirs]},
	);
	closeFd(theirs);
	fs.closeSync(log);
	const env = {DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${dir}/bus`, DBUSFREEZE_PRIVATE_BUS: dir};
	const stop = async () => {
		for (const pid of markedProcesses(`DBUSFREEZE_PRIVATE_BUS=${dir}`)) process.kill(pid, 'SIGKILL');
		if (child.exitCode !== null || child.signalCode !== null) return;
		const over = once(child, 'exit');
		child.kill('SIGKILL');
		await over;
		closeFd(ours);
	};
	t.teardown(stop);
	await giveListener(ours, dir);
	return {address: env.DBUS_SYSTEM_BUS_ADDRESS, pid: child.pid as number, dir, env, stop};
}

/** The controller's side of the handshake, then the one call that makes it a bus. */
async function giveListener(controller: number, dir: string): Promise<void> {
	const uid = Buffer.from(String(process.geteuid?.())).toString('hex');
	sendWithFds(controller, Buffer.from(`\0AUTH EXTERNAL ${uid}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n`));
	const server = net.createServer().listen(path.join(dir, 'listening'));
	await once(server, 'listening');
	// Node removes the name it bound when it closes the server; the socket keeps its second name.
	fs.linkSync(path.join(dir, 'listening'), path.join(dir, 'bus'));
	const {fd} = (server as net.Server & {_handle: {fd: number}})._handle;
	const message = encodeMessage({
		type: 'call',
		serial: 1,
		path: '/org/bus1/DBus/Broker',
		interface: 'org.bus1.DBus.Broker',
		member: 'AddListener',
		signature: 'ohv',
		fds: 1,
		body: [
			'/org/bus1/DBus/Listener/0',
			0,
			new Variant(policyType, [[[0xffff_ffff, everything]], [], [], false, 'system']),
		],
	});
	let said = '';
	await eventually(() => {
		said += receiveWithFds(controller, 4096)?.data.toString('latin1') ?? '';
		return said.includes('AGREE_UNIX_FD\r\n');
	});
	sendWithFds(controller, message, [fd]);
	server.close();
	// Connections bear the first name, by which others find this bus.
	fs.linkSync(path.join(dir, 'bus'), path.join(dir, 'listening'));
}

/** Processes that carry this line in their first environment, thawed or not. */
function markedProcesses(mark: string): number[] {
	return fs
		.readdirSync('/proc')
		.map(Number)
		.filter((pid) => pid > 0 && environment(pid).split('\0').includes(mark));
}

function environment(pid: number): string {
	try {
		return fs.readFileSync(`/proc/${pid}/environ`, 'latin1');
	} catch {
		return '';
	}
}
