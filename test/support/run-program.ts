import {type ChildProcessByStdio, spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import type {ExecutionContext} from 'ava';

export interface RunningProgram {
	child: ChildProcessByStdio<null, Readable, null>;
	pid: number;
	/** What it printed up to and with the line that begins with "ready". */
	lines: string[];
}

/** Starts a program in a process group of its own and waits for its line "ready"; the test's end kills the group. */
export async function runProgram(
	t: ExecutionContext,
	command: string,
	args: readonly string[] = [],
): Promise<RunningProgram> {
	const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'inherit'], detached: true});
	const {pid} = child;
	if (pid === undefined) throw new Error(`cannot start ${command}`);
	t.teardown(() => {
		try {
			process.kill(-pid, 'SIGKILL');
		} catch {}
	});
	const lines: string[] = [];
	for await (const line of createInterface({input: child.stdout})) {
		lines.push(line);
		if (line.startsWith('ready')) return {child, pid, lines};
	}
	throw new Error(`${command} ended before it was ready`);
}
