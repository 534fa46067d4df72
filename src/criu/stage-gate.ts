import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {Socket} from 'node:net';
import path from 'node:path';
import readline from 'node:readline';

/** CRIU stands at a stage and waits. `pid` is the tree's root there, 0 where no process exists yet. */
export interface StageNotice {
	stage: string;
	pid: number;
}

export type StageHandler = (notice: StageNotice) => Promise<'continue' | 'abort'>;

/**
 * What criu runs at each stage. criu closes every descriptor but 0–2 for it, so it talks through two FIFOs that
 * only we hold open. It opens the answers for both directions first, so that opening can never block, and then
 * drops its own writing end: if we are dead, the read ends at once with EOF, which aborts.
 */
const script = `#!/bin/sh
cd "\${0%/*}" || exit 1
exec 6<>answers 7<>requests
exec 8<answers 6>&-
echo "$CRTOOLS_SCRIPT_ACTION \${CRTOOLS_INIT_PID:-0}" >&7
read -r answer <&8 && [ "$answer" = continue ]
`;

/** The script of the gate in folder `dir`. */
export function stageScript(dir: string): string {
	return path.join(dir, 'stage');
}

/**
 * Lets us stand between CRIU's stages. One gate serves all dumps and restores of a checkpoint, one at a time.
 * Its folder holds the script and the two FIFOs.
 */
export class StageGate {
	readonly script: string;
	readonly #folder: number;
	#requests: Socket;
	#answers: number;
	#handler: StageHandler | undefined;

	/** Creates the gate in `dir` (made with mode 0700 if missing; an old gate there is replaced). */
	constructor(dir: string) {
		fs.mkdirSync(dir, {recursive: true, mode: 0o700});
		this.script = stageScript(dir);
		const fifos = ['requests', 'answers'].map((name) => path.join(dir, name)) as [string, string];
		for (const file of [this.script, ...fifos]) fs.rmSync(file, {force: true});
		fs.writeFileSync(this.script, script, {mode: 0o700});
		execFileSync('mkfifo', ['-m', '600', ...fifos]);
		this.#folder = fs.openSync(dir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
		const both = fs.constants.O_RDWR | fs.constants.O_NONBLOCK;
		this.#requests = new Socket({fd: fs.openSync(fifos[0], both), readable: true, writable: false});
		this.#answers = fs.openSync(fifos[1], both);
		readline.createInterface({input: this.#requests}).on('line', (line) => void this.#answer(line));
	}

	/** Every stage of the criu run inside `work` goes to `handler`; a stage outside of one is aborted. */
	async during<T>(handler: StageHandler, work: () => Promise<T>): Promise<T> {
		if (this.#handler) throw new Error('the gate is in use');
		this.#forgetUnreadAnswers();
		this.#handler = handler;
		try {
			return await work();
		} finally {
			this.#handler = undefined;
		}
	}

	/**
	 * Nobody passes any more: its folder goes, too. Only this very folder: when a checkpoint was discarded, the next one
	 * of the same second may have its name already.
	 */
	close(): void {
		this.#requests.destroy();
		fs.closeSync(this.#answers);
		for (const name of ['stage', 'requests', 'answers'])
			fs.rmSync(`/proc/self/fd/${this.#folder}/${name}`, {force: true});
		fs.closeSync(this.#folder);
		try {
			fs.rmdirSync(path.dirname(this.script));
		} catch (error) {
			const {code = ''} = error as NodeJS.ErrnoException;
			if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
		}
	}

	async #answer(line: string): Promise<void> {
		const [stage = '', pid = '0'] = line.split(' ');
		const handler = this.#handler;
		const answer = handler ? await handler({stage, pid: Number(pid)}).catch(() => 'abort') : 'abort';
		// A decision that comes after criu has gone must not be read by the next run.
		if (this.#handler === handler) fs.writeSync(this.#answers, `${answer}\n`);
	}

	/** A criu that was killed at a stage may have left its answer in the FIFO. */
	#forgetUnreadAnswers(): void {
		const sink = Buffer.alloc(256);
		try {
			while (fs.readSync(this.#answers, sink) > 0);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
		}
	}
}
