import {type ChildProcessByStdio, spawn} from 'node:child_process';
import {once} from 'node:events';
import type {Readable, Writable} from 'node:stream';
import {Channel} from './protocol.js';

export interface SshOptions {
	/** `user@host`, or a name from ssh's own settings. */
	host: string;
	/** As after ssh's `-o`. */
	options: readonly string[];
	/** How this program is called there; the user's own words to the shell there. */
	remoteCommand: string;
}

/** A dead line shall be noticed within a minute. First, so that the user's own settings do not count less. */
const keepAlive = ['ServerAliveInterval=15', 'ServerAliveCountMax=3'];

/** What ssh cannot mean as a host; a leading dash would be an option. */
export function isHost(text: string): boolean {
	return /^[^\s-][^\s]*$/.test(text) && !/[\p{Cc}]/u.test(text);
}

/** A conversation with `receive` on another machine. ssh asks for passwords on the terminal, not here. */
export class SshConnection {
	readonly channel: Channel;
	readonly #child: ChildProcessByStdio<Writable, Readable, null>;
	readonly #exit: Promise<number | string | null>;

	constructor({host, options, remoteCommand}: SshOptions) {
		const settings = [...options, ...keepAlive].flatMap((option) => ['-o', option]);
		const args = ['-T', ...settings, '--', host, `${remoteCommand} receive`];
		this.#child = spawn('ssh', args, {stdio: ['pipe', 'pipe', 'inherit']});
		this.#exit = once(this.#child, 'exit').then(
			([code]) => code as number | null,
			(error) => (error as NodeJS.ErrnoException).code ?? 'unknown',
		);
		this.channel = new Channel(this.#child.stdout, this.#child.stdin);
	}

	/** Ends it. @returns why it failed, if it did so by itself: `no-ssh`, `no-receiver`. */
	async close(): Promise<'no-ssh' | 'no-receiver' | undefined> {
		this.#child.stdin.end();
		this.#child.stdout.resume();
		const exit = await this.#exit;
		if (exit === 'ENOENT') return 'no-ssh';
		// What a shell says when it finds no such program.
		return exit === 127 ? 'no-receiver' : undefined;
	}

	kill(): void {
		this.#child.kill();
	}
}
