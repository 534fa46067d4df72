import {spawn} from 'node:child_process';
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import xterm from '@xterm/headless';
import {execa} from 'execa';

/** A program on a real pseudo-terminal, and what a person would see of it. */
export interface Pty {
	/** Types these bytes. */
	write(keys: string): void;
	/** The rows on the screen now, without trailing spaces. */
	text(): string;
	/** Waits until the screen matches; throws with the screen after `ms` milliseconds. */
	until(pattern: RegExp, ms?: number): Promise<string>;
	/** Waits until the screen no longer matches. */
	untilNot(pattern: RegExp, ms?: number): Promise<string>;
	/** As a user who drags the window: new size, SIGWINCH. */
	resize(columns: number, rows: number): Promise<void>;
	/** The program itself, not the `script` around it; 0 when it has ended. */
	pid(): number;
	/** Sends the program (not its terminal) a signal. */
	signal(name: NodeJS.Signals): void;
	/** Exit status of the program; 128 + n after signal n. */
	exited: Promise<number>;
	/** Its exit code; fails with the last screen when it does not end in time. */
	ended(ms?: number): Promise<number>;
	/** All bytes that the program wrote. */
	output(): string;
	terminal: InstanceType<typeof xterm.Terminal>;
	/** Ends whatever still runs. */
	kill(): void;
}

export interface PtyOptions {
	columns?: number;
	rows?: number;
	env?: NodeJS.ProcessEnv;
	cwd?: string;
}

const pollMs = 15;
const arrow = {up: '\u001b[A', down: '\u001b[B', right: '\u001b[C', left: '\u001b[D'};

/** Bytes that a terminal sends for keys that are no character. */
export const keys = {
	...arrow,
	enter: '\r',
	esc: '\u001b',
	tab: '\t',
	pageDown: '\u001b[6~',
	pageUp: '\u001b[5~',
};

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * Runs a command under `script` (util-linux), which gives it a true controlling terminal without a native
 * module, and rebuilds the screen from its output. Call `kill` in the test's teardown.
 */
export function openPty(command: readonly string[], options: PtyOptions = {}): Pty {
	const {columns = 80, rows = 24, env = {}, cwd} = options;
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true});
	const size = `stty cols ${columns} rows ${rows} </dev/tty`;
	const child = spawn(
		'script',
		['-q', '-e', '-f', '-c', `${size}; exec ${command.map(quote).join(' ')}`, '/dev/null'],
		{
			stdio: ['pipe', 'pipe', 'inherit'],
			env: {...cleanEnvironment(), ...env},
			...(cwd ? {cwd} : {}),
		},
	);
	let output = '';
	child.stdout.setEncoding('utf8');
	child.stdout.on('data', (chunk: string) => {
		output += chunk;
		terminal.write(chunk);
	});
	// Keys typed at a program that has just ended.
	child.stdin.on('error', () => undefined);
	const exited = new Promise<number>((resolve) => {
		child.on('close', (code) => resolve(code ?? -1));
	});
	const text = (): string => {
		const {active} = terminal.buffer;
		const lines = Array.from({length: terminal.rows}, (_, y) => active.getLine(active.baseY + y));
		return lines.map((line) => line?.translateToString(true) ?? '').join('\n');
	};
	const waitFor = async (wanted: (screen: string) => boolean, what: string, ms: number): Promise<string> => {
		const deadline = Date.now() + ms;
		while (!wanted(text())) {
			if (Date.now() > deadline) throw new Error(`${what} within ${ms} ms; the screen was:\n${text()}`);
			await new Promise((resolve) => setTimeout(resolve, pollMs));
		}
		return text();
	};
	return {
		write: (typed) => void child.stdin.write(typed),
		text,
		until: (pattern, ms = 30_000) => waitFor((screen) => pattern.test(screen), `no ${pattern}`, ms),
		untilNot: (pattern, ms = 30_000) => waitFor((screen) => !pattern.test(screen), `still ${pattern}`, ms),
		async resize(newColumns, newRows) {
			const pid = programOf(child.pid ?? 0);
			// `script` takes its own terminal's size, and it has none: set it on the inner side. The kernel
			// then sends SIGWINCH to the program itself.
			const inner = readlinkSync(`/proc/${pid}/fd/0`);
			terminal.resize(newColumns, newRows);
			await execa('stty', ['-F', inner, 'cols', String(newColumns), 'rows', String(newRows)]);
		},
		pid: () => programOf(child.pid ?? 0),
		signal: (name) => void process.kill(programOf(child.pid ?? 0), name),
		exited,
		ended: async (ms = 60_000) => {
			const late = new AbortController();
			const code = await Promise.race([exited, delay(ms, undefined, {signal: late.signal})]);
			late.abort();
			if (code === undefined) throw new Error(`it does not end:\n${text()}`);
			// The terminal takes in what is written bit by bit.
			await new Promise<void>((resolve) => terminal.write('', resolve));
			return code;
		},
		output: () => output,
		terminal,
		kill() {
			const pid = programOf(child.pid ?? 0);
			if (pid > 0) killQuietly(pid);
			killQuietly(child.pid ?? 0);
			terminal.dispose();
		},
	};
}

function killQuietly(pid: number): void {
	if (pid <= 0) return;
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has ended by itself.
	}
}

/** The program under `script`: its only child, which replaced the shell. 0: it has ended. */
function programOf(scriptPid: number): number {
	for (const entry of readdirSync('/proc')) {
		if (!/^\d+$/.test(entry)) continue;
		try {
			const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
			const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
			if (Number(parent) === scriptPid) return Number(entry);
		} catch {
			// It ended while we looked.
		}
	}
	return 0;
}

/** As on a person's terminal: no CI (Ink would draw one frame only), no test runner's flags. */
function cleanEnvironment(): NodeJS.ProcessEnv {
	const env: NodeJS.ProcessEnv = {
		...process.env,
		TERM: 'xterm-256color',
		COLORTERM: 'truecolor',
		LC_ALL: 'C.UTF-8',
	};
	for (const name of Object.keys(env)) {
		if (
			/^(CI|CI_.*|CONTINUOUS_INTEGRATION|NODE_OPTIONS|NODE_ENV|NO_COLOR|FORCE_COLOR|TMUX|AVA_PATH|LINES|COLUMNS)$/.test(
				name,
			)
		) {
			delete env[name];
		}
	}
	return env;
}
