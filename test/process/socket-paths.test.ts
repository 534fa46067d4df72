import {once} from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'ava';
import {KeptSocketPaths} from '../../src/process/socket-paths.js';
import {temporaryFolder} from '../support/compile.js';
import {eventually} from '../support/eventually.js';

test('a socket whose name is removed gets it back at once, and nothing else is left', async (t) => {
	const folder = temporaryFolder(t);
	const name = path.join(folder, 'socket');
	const server = net.createServer((client) => client.end()).listen(name);
	t.teardown(() => server.close());
	await once(server, 'listening');
	const kept = new KeptSocketPaths([name, path.join(folder, 'never-there')]);
	fs.unlinkSync(name);
	await eventually(() => fs.existsSync(name));
	await once(net.connect(name), 'connect');
	fs.unlinkSync(name);
	kept.close();
	t.deepEqual(fs.readdirSync(folder), ['socket'], 'also when nobody had told us');
	await once(net.connect(name), 'connect');
});

test('what a crash in the middle has left is used', async (t) => {
	const folder = temporaryFolder(t);
	const name = path.join(folder, 'socket');
	const server = net.createServer((client) => client.end()).listen(name);
	t.teardown(() => server.close());
	await once(server, 'listening');
	const abandoned = new KeptSocketPaths([name]);
	t.teardown(() => abandoned.close());
	fs.unlinkSync(name);
	new KeptSocketPaths([name]).close();
	t.deepEqual(fs.readdirSync(folder), ['socket']);
	await once(net.connect(name), 'connect');
});
