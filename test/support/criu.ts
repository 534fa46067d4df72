import {execFile} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {findCriu} from '../../src/criu/find.js';
import {compile, temporaryFolder} from './compile.js';
import {type RunningProgram, runProgram} from './run-program.js';

const programs = join(dirname(fileURLToPath(import.meta.url)), '..', 'criu', 'programs');

/** The criu that the program itself would use; $DBUSFREEZE_CRIU names another. */
export async function criuPath(): Promise<string> {
	return (await findCriu(process.env.DBUSFREEZE_CRIU, process.env)).path;
}

export interface CriuResult {
	exitCode: number;
	log: string;
}

/** Runs criu to its end; a failure is a result, not an exception. `log` is what it wrote. */
export async function runCriu(
	folder: string,
	args: readonly string[],
	env: NodeJS.ProcessEnv = process.env,
): Promise<CriuResult> {
	const criu = await criuPath();
	const operation = args[0] ?? '';
	const exitCode = await new Promise<number>((resolve) => {
		execFile(
			criu,
			[...args, '-D', folder, '-v4', '-o', `${operation}.log`],
			{timeout: 60_000, env},
			(error) => {
				resolve(error === null ? 0 : typeof error.code === 'number' ? error.code : -1);
			},
		);
	});
	const log = join(folder, `${operation}.log`);
	return {exitCode, log: existsSync(log) ? readFileSync(log, 'utf8') : ''};
}

export interface RestingTree {
	/** The executable. */
	program: string;
	pid: number;
	childPid: number;
	tids: number[];
	/** Empty folders for the images and for the program's files. */
	imageDir: string;
	workDir: string;
}

/** Starts programs/resting.c and waits until every one of its threads sleeps. */
export async function startResting(t: ExecutionContext): Promise<RestingTree> {
	const workDir = temporaryFolder(t);
	const imageDir = temporaryFolder(t);
	const program = compile(t, join(programs, 'resting.c'));
	const {pid, lines} = await runProgram(t, program, [workDir]);
	const childPid = Number(lines.find((line) => line.startsWith('child '))?.split(' ')[1]);
	killAtTeardown(t, [childPid, pid]);
	const tids = await until('four threads and the child sleep', () => {
		const found = readdirSync(`/proc/${pid}/task`).map(Number);
		// The names are set by the threads themselves, the last thing before they block.
		const names = found.map((tid) => readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim());
		return allBlocked([pid, childPid]) &&
			['reader', 'epoller', 'sleeper'].every((name) => names.includes(name))
			? found
			: undefined;
	});
	return {program, pid, childPid, tids, imageDir, workDir};
}

/** Every thread of these processes is in a system call. */
export function allBlocked(pids: readonly number[]): boolean {
	const threads = pids.flatMap((pid) =>
		readdirSync(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}`),
	);
	return threads.every((thread) => /^\d+ 0x/.test(readFileSync(`${thread}/syscall`, 'utf8')));
}

/** Starts programs/obstacle.c with one thing that CRIU cannot or will not dump. */
export async function startObstacle(t: ExecutionContext, obstacle: string): Promise<number> {
	const program = compile(t, join(programs, 'obstacle.c'));
	return (await startDetached(t, program, [obstacle, temporaryFolder(t)])).pid;
}

/** Starts a program that gives its standard output up as soon as it has said "ready": a socket, which leads to us. */
export async function startDetached(
	t: ExecutionContext,
	program: string,
	args: readonly string[] = [],
): Promise<RunningProgram> {
	const running = await runProgram(t, program, args);
	const output = `/proc/${running.pid}/fd/1`;
	await until('it has let go of us', () => readlinkSync(output) === '/dev/null' || undefined);
	return running;
}

/** Also what was restored: it is no child of ours any more. */
function killAtTeardown(t: ExecutionContext, pids: readonly number[]): void {
	t.teardown(async () => {
		for (const pid of pids) {
			try {
				process.kill(pid, 'SIGKILL');
			} catch {}
		}
		await goneOrZombie(pids);
	});
}

async function goneOrZombie(pids: readonly number[]): Promise<void> {
	await until(`${pids.join(' ')} are dead`, () => {
		const alive = pids.filter((pid) => {
			try {
				return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
			} catch {
				return false;
			}
		});
		return alive.length === 0 ? true : undefined;
	});
}

/** A pid can be restored only when nothing of the old tree is left, zombies of children included. */
export async function reaped(pids: readonly number[]): Promise<void> {
	await until(`${pids.join(' ')} are reaped`, () =>
		pids.some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true,
	);
}

/** Polls a condition; throws after 30 s. */
export async function until<T>(what: string, condition: () => T | undefined): Promise<T> {
	const deadline = Date.now() + 30_000;
	for (;;) {
		const result = condition();
		if (result !== undefined) return result;
		if (Date.now() > deadline) throw new Error(`waited too long until ${what}`);
		await delay(5);
	}
}
