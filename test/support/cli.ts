import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import type {ExecutionContext} from 'ava';
import type {PrivateBus} from '../../src/dbus/private-bus.js';

/** The program as it is built and installed. */
export const program = path.resolve(import.meta.dirname, '../../dist/cli/main.js');

export interface Run {
	code: number;
	stdout: string;
	stderr: string;
}

/** Somebody who runs commands of the program, wherever they run. */
export abstract class ProgramUser {
	/** Starts a command, with pipes. */
	abstract start(...args: string[]): ChildProcess;

	/** Runs a command to its end; `input` is all of its standard input. */
	async run(args: string[], input = ''): Promise<Run> {
		const child = this.start(...args);
		child.stdin?.on('error', () => {});
		child.stdin?.end(input);
		const {stdout, stderr} = child;
		if (!stdout || !stderr) throw new Error('no pipes');
		const [out, error, [code]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
		return {code: code as number, stdout: out, stderr: error};
	}

	/** Runs a command with `--json` and parses the document that it prints. */
	async json<T>(...args: string[]): Promise<{code: number; document: T}> {
		const {code, stdout, stderr} = await this.run(['--json', ...args]);
		try {
			return {code, document: JSON.parse(stdout) as T};
		} catch {
			throw new Error(`${args.join(' ')}: exit ${code}, no JSON on stdout: ${stdout}\n${stderr}`);
		}
	}

	/** As `json`, but anything except success fails the test with what the program said. */
	async ok<T>(t: ExecutionContext, ...args: string[]): Promise<T> {
		const {code, document} = await this.json<T>(...args);
		t.is(code, 0, JSON.stringify(document));
		return document;
	}
}

/** The program on one private bus, with a state dir that goes away with the bus, or one that is shared. */
export class Cli extends ProgramUser {
	readonly stateDir: string;
	readonly env: NodeJS.ProcessEnv;

	constructor(
		readonly bus: PrivateBus,
		stateDir = path.join(bus.dir, 'state'),
	) {
		super();
		this.stateDir = stateDir;
		// The mark makes keepers end with the bus, as the services do.
		this.env = {...process.env, ...bus.env, LANG: 'C.UTF-8'};
		for (const name of ['LC_ALL', 'LC_MESSAGES', 'NODE_OPTIONS']) delete this.env[name];
	}

	override start(...args: string[]): ChildProcess {
		return spawn(process.execPath, [program, '--state-dir', this.stateDir, ...args], {
			env: this.env,
			stdio: ['pipe', 'pipe', 'pipe'],
		});
	}
}

/** What `--json` prints for an error. */
export interface JsonError {
	ok: false;
	error: {code: string; message: string; hint: string; stage: string | null; processState: string};
}
