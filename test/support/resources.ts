import {chmodSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {isAlive, startTime} from '../../src/kernel/proc-stat.js';
import {processTree} from '../../src/process/tree.js';
import {until} from './bus.js';
import {compile, temporaryFolder} from './compile.js';
import {runProgram} from './run-program.js';

const source = join(import.meta.dirname, '../session/preflight/programs/resources.c');
let compiled: string | undefined;

/** A process that has certain resources and can try whether they still work; see `resources.c`. */
export class ResourceProgram {
	#answers = 0;

	private constructor(
		/** What it is called here, which a thaw in a pid namespace of its own changes. */
		public pid: number,
		readonly folder: string,
		/** What this machine does not have. */
		readonly missing: readonly string[],
		private readonly startedAt: string,
	) {}

	/** @param around a command that starts it in other circumstances, e.g. `unshare --net`. */
	static async start(
		t: ExecutionContext,
		resources: readonly string[],
		around: readonly string[] = [],
	): Promise<ResourceProgram> {
		const folder = temporaryFolder(t);
		chmodSync(folder, 0o777);
		compiled ??= compileOnce();
		const [command = '', ...args] = [...around, compiled, folder, ...resources];
		const {pid, lines} = await runProgram(t, command, args);
		const missing = lines.flatMap((line) => /^missing (\S+)$/.exec(line)?.[1] ?? []);
		if (missing.length > 0) t.log(`not on this machine: ${missing.join(', ')}`);
		const program = new ResourceProgram(pid, folder, missing, startTime(pid) ?? '');
		t.teardown(() => {
			const outside = lines.flatMap((line) => /^outside (\d+)$/.exec(line)?.[1] ?? []);
			const tree = processTree(program.pid).map((one) => one.pid);
			for (const one of [...tree, ...outside.map(Number)]) killIfThere(one);
		});
		return program;
	}

	/** What does not work any more; empty: all does. */
	async broken(): Promise<string[]> {
		process.kill(this.pid, 'SIGUSR1');
		this.#answers++;
		await until(() => this.#lines().length === this.#answers, 'the program answers');
		const last = this.#lines().at(-1) ?? '';
		return last === 'all right' ? [] : last.trim().split(' ');
	}

	/** It was never touched: it is no restored one. */
	get isUntouched(): boolean {
		return isAlive(this.pid, this.startedAt);
	}

	#lines(): string[] {
		return readFileSync(join(this.folder, 'result'), 'utf8').split('\n').slice(0, -1);
	}
}

/** For all tests of a file. */
function compileOnce(): string {
	const lasting = {teardown: (end: () => void) => process.once('exit', end)} as unknown as ExecutionContext;
	const program = compile(lasting, source);
	// Also for programs of other users.
	chmodSync(dirname(program), 0o755);
	return program;
}

function killIfThere(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {}
}
