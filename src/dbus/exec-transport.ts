import {spawn} from 'node:child_process';
import {closeSync} from 'node:fs';
import net from 'node:net';
import {socketPair} from '../kernel/socket.js';
import type {Endpoint} from './address.js';
import type {ReadTarget} from './dial.js';

/** Starts the program of a `unixexec:` address; one socket is its standard input and output, as with libdbus. */
export function throughProgram(
	{path, argv0, args}: Extract<Endpoint, {kind: 'exec'}>,
	uid: number | undefined,
	onread: ReadTarget,
): net.Socket {
	const as = uid === undefined || process.getuid?.() !== 0 ? {} : {uid};
	const [ours, theirs] = socketPair();
	// What it has to say on stderr must not run into a screen of ours.
	const child = spawn(path, args, {argv0, stdio: [theirs, theirs, 'ignore'], ...as});
	closeSync(theirs);
	child.unref();
	const socket = new net.Socket({fd: ours, onread});
	child.on('error', (error) => socket.destroy(error));
	socket.on('close', () => child.kill());
	return socket;
}
