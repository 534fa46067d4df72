import fs from 'node:fs';
import {createConnection, createServer, type Server, type Socket} from 'node:net';
import path from 'node:path';
import {Checkpoint} from '../checkpoint/folder.js';
import {Fault} from '../common/fault.js';

const name = path.basename(new Checkpoint('.').keeperSocket);

/**
 * Listens on `keeper.sock` in the checkpoint's folder, mode 0600 in a folder 0700. A path longer than a socket
 * address allows (108 bytes) is no obstacle: it is reached through an open descriptor of the folder.
 */
export async function listenIn(dir: string, onClient: (socket: Socket) => void): Promise<Server> {
	const file = path.join(dir, name);
	fs.rmSync(file, {force: true});
	const folder = fs.openSync(dir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
	const server = createServer(onClient);
	const previous = process.umask(0o177);
	try {
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject);
			server.listen(`/proc/self/fd/${folder}/${name}`, resolve);
		});
	} finally {
		process.umask(previous);
	}
	server.once('close', () => fs.closeSync(folder));
	return server;
}

/**
 * Connects to the keeper of the checkpoint in `dir`. Folder and socket must belong to us (or to root) and be
 * closed to others, else somebody could pose as the keeper. Throws `keeper-unreachable`.
 */
export async function connectTo(dir: string): Promise<Socket> {
	const unreachable = (reason: string) => new Fault('keeper-unreachable', {checkpoint: dir, reason});
	let folder: number;
	try {
		folder = fs.openSync(dir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
	} catch (error) {
		throw unreachable((error as Error).message);
	}
	try {
		for (const stat of [fs.fstatSync(folder), fs.lstatSync(path.join(dir, name))]) {
			if (stat.uid !== 0 && stat.uid !== process.getuid?.()) throw unreachable('foreign-socket');
			if (stat.mode & 0o077) throw unreachable('open-socket');
		}
		const socket = createConnection(`/proc/self/fd/${folder}/${name}`);
		await new Promise<void>((resolve, reject) => {
			socket.once('connect', resolve);
			socket.once('error', reject);
		});
		return socket;
	} catch (error) {
		throw error instanceof Fault ? error : unreachable((error as Error).message);
	} finally {
		fs.closeSync(folder);
	}
}
