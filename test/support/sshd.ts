import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import net, {type AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {until} from './bus.js';
import {temporaryFolder} from './compile.js';
import {programPath} from './on-path.js';

export interface Sshd {
	/** `user@127.0.0.1`. */
	host: string;
	/** Arguments that make our `send` use this server, its key and ours, and nothing of the user's. */
	options: string[];
	port: number;
}

/** A real ssh server on loopback, with keys made for this test; undefined where none is installed. */
export async function startSshd(t: ExecutionContext): Promise<Sshd | undefined> {
	const sshd = programPath('sshd');
	if (sshd === undefined || programPath('ssh-keygen') === undefined) return undefined;
	const dir = temporaryFolder(t);
	for (const name of ['host', 'client'])
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(dir, name)]);
	const port = await freePort();
	const {username} = os.userInfo();
	fs.writeFileSync(path.join(dir, 'known'), `* ${fs.readFileSync(path.join(dir, 'host.pub'))}`);
	const config = {
		Port: port,
		ListenAddress: '127.0.0.1',
		HostKey: path.join(dir, 'host'),
		AuthorizedKeysFile: path.join(dir, 'client.pub'),
		PidFile: 'none',
		UsePAM: 'no',
		StrictModes: 'no',
		PermitRootLogin: 'yes',
		PasswordAuthentication: 'no',
	};
	const lines = Object.entries(config).map(([name, value]) => `${name} ${value}\n`);
	fs.writeFileSync(path.join(dir, 'config'), lines.join(''));
	// The empty folder into which its unprivileged half is locked; a service manager would make it.
	fs.mkdirSync('/run/sshd', {recursive: true, mode: 0o755});
	const child = spawn(sshd, ['-D', '-e', '-f', path.join(dir, 'config')], {stdio: 'ignore'});
	const ended = once(child, 'exit');
	t.teardown(async () => {
		child.kill('SIGKILL');
		await ended;
	});
	await until(() => answers(port), 'sshd listens');
	const settings = {
		Port: port,
		IdentityFile: path.join(dir, 'client'),
		IdentitiesOnly: 'yes',
		IdentityAgent: 'none',
		UserKnownHostsFile: path.join(dir, 'known'),
		GlobalKnownHostsFile: '/dev/null',
		StrictHostKeyChecking: 'yes',
		BatchMode: 'yes',
	};
	const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
	return {host: `${username}@127.0.0.1`, options, port};
}

/** A way to a port that breaks when so many bytes have gone to it. @returns its own port. */
export async function breakingLine(t: ExecutionContext, to: number, bytes: number): Promise<number> {
	const server = net.createServer((client) => {
		const onward = net.connect(to, '127.0.0.1');
		let count = 0;
		client.on('data', (data) => {
			count += data.length;
			if (count < bytes) onward.write(data);
			else for (const socket of [client, onward]) socket.destroy();
		});
		onward.pipe(client);
		for (const socket of [client, onward]) socket.on('error', () => {});
		client.on('close', () => onward.destroy());
	});
	t.teardown(() => server.close());
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}

function answers(port: number): Promise<boolean> {
	const socket = net.connect(port, '127.0.0.1');
	return new Promise((resolve) => {
		socket.once('data', () => resolve(true));
		socket.once('error', () => resolve(false));
	}).finally(() => socket.destroy()) as Promise<boolean>;
}
