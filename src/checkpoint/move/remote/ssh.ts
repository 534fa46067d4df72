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
	/** The terminal is not ssh's: it may neither ask on it nor write to it. */
	quiet?: boolean;
}

/** Nothing is asked: a key, an agent or the user's settings must do. */
const batchMode = 'BatchMode=yes';
/** Of what ssh says; its last line says why it ended. */
const keptWords = 4096;

/** A dead line shall be noticed within a minute. First, so that the user's own settings do not count less. */
const keepAlive = ['ServerAliveInterval=15', 'ServerAliveCountMax=3'];

/** What ssh cannot mean as a host; a leading dash would be an option. */
export function isHost(text: string): boolean {
	return /^[^\s-][^\s]*$/.test(text) && !/[\p{Cc}]/u.test(text);
}

/** A conversation with `receive` on another machine. ssh asks for passwords on the terminal, not here. */
export class SshConnection {
	readonly channel: Channel;
	readonly #child: ChildProcessByStdio<Writable, Readable, Readable | null>;
	#said = '';
	readonly #exit: Promise<number | string | null>;

	constructor({host, options, remoteCommand, quiet = false}: SshOptions) {
		const settings = [...(quiet ? [batchMode] : []), ...options, ...keepAlive];
		const args = [
			'-T',
			...settings.flatMap((option) => ['-o', option]),
			'--',
			host,
			`${remoteCommand} receive`,
		];
		this.#child = quiet
			? spawn('ssh', args, {stdio: ['pipe', 'pipe', 'pipe']})
			: spawn('ssh', args, {stdio: ['pipe', 'pipe', 'inherit']});
		this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
			this.#said = (this.#said + text).slice(-keptWords);
		});
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

	/** The last line that it said, where it was quiet and said anything. */
	get lastWords(): string | undefined {
		return this.#said
			.split(/[\r\n]+/)
			.findLast((line) => line.trim() !== '')
			?.trim()
			.replace(/\.$/, '');
	}

	kill(): void {
		this.#child.kill();
	}
}
