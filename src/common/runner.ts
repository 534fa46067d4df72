import {createWriteStream} from 'node:fs';
import {execa} from 'execa';

/** One run of an outside program (criu, eu-stack, …). */
export interface CommandRun {
	command: string;
	args: readonly string[];
	/** Our descriptors to hand over: number in the child → our number. Numbers from 3. */
	descriptors?: ReadonlyMap<number, number>;
	env?: Readonly<Record<string, string>>;
	/**
	 * Nobody wants its output. Then the run is over when the program is; else it is when all that it has started
	 * has closed the output, too.
	 */
	quiet?: boolean;
	/** Of a quiet run: its output goes through us into this file, so that no limit on files of its own applies. */
	outputFile?: string;
	/**
	 * Start the program only when this resolves, but without delay then: a process for it stands ready before.
	 * Starting one takes Node some milliseconds. If it rejects, or we die, the program is never started.
	 */
	startWhen?: Promise<void>;
	/** Told once, with the child's pid and the way to end it. */
	onStart?: (child: RunningCommand) => void;
}

export interface RunningCommand {
	pid: number | undefined;
	kill(signal: NodeJS.Signals): void;
}

export interface CommandResult {
	/** null: ended by a signal, or never started. */
	exitCode: number | null;
	signal?: string;
	stdout: string;
	stderr: string;
	/** Why it could not be started at all (ENOENT, EACCES …). */
	startError?: string;
}

/** The seam at which tests may put a fake: every outside program is run through one of these. */
export type Runner = (run: CommandRun) => Promise<CommandResult>;

/** Runs the program for real. Never rejects: a failure is in the result. */
export const runCommand: Runner = async ({
	command,
	args,
	descriptors,
	env,
	quiet = false,
	outputFile,
	startWhen,
	onStart,
}) => {
	const [program, ...rest] = startWhen ? ['/bin/sh', '-c', standby, command, ...args] : [command, ...args];
	const child = execa(program, rest, {
		stdio: stdioWith(descriptors, startWhen !== undefined, quiet, outputFile !== undefined),
		buffer: outputFile === undefined,
		reject: false,
		stripFinalNewline: true,
		env: env ?? {},
	});
	startWhen?.then(
		() => child.stdin?.end('go\n'),
		() => child.stdin?.end(),
	);
	if (outputFile !== undefined) {
		const {stderr} = child;
		stderr?.pipe(createWriteStream(outputFile, {mode: 0o600})).on('error', () => stderr.resume());
		// Whoever else has it open must not keep us waiting.
		child.nodeChildProcess.once('exit', () => setTimeout(() => stderr?.destroy(), lastOutputMs).unref());
	}
	onStart?.({pid: child.pid, kill: (signal) => child.kill(signal)});
	const result = await child;
	return {
		exitCode: result.exitCode ?? null,
		stdout: String(result.stdout ?? ''),
		stderr: String(result.stderr ?? ''),
		...(result.signal === undefined ? {} : {signal: result.signal}),
		...(result.exitCode === undefined && result.signal === undefined
			? {startError: result.code ?? result.shortMessage ?? 'unknown'}
			: {}),
	};
};

/** How long after its end the last of a program's output may still be on its way, milliseconds. */
const lastOutputMs = 200;

/** Waits for its line, then becomes the program, whose stdin is empty. The end of the input ends it. */
const standby = 'read -r go || exit 125; exec "$0" "$@" </dev/null';

/**
 * Index in the list = descriptor number in the child; the gaps are closed ("ignore"). execa's types know no
 * numbers beyond stderr, execa itself does.
 */
function stdioWith(
	descriptors: ReadonlyMap<number, number> = new Map(),
	stdin = false,
	quiet = false,
	errorsOnly = false,
): ['ignore' | 'pipe', 'ignore' | 'pipe', 'ignore' | 'pipe', ...Array<'ignore'>] {
	const extra: Array<'ignore' | number> = [];
	for (const [inChild, ours] of descriptors) {
		while (extra.length < inChild - 3) extra.push('ignore');
		extra[inChild - 3] = ours;
	}
	const output = quiet ? 'ignore' : 'pipe';
	const errors = errorsOnly ? 'pipe' : output;
	return [stdin ? 'pipe' : 'ignore', output, errors, ...(extra as Array<'ignore'>)];
}
