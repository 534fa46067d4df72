import {spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Where administrators' programs are; not in an ordinary user's PATH on Debian. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** @returns {string | undefined} the path of a program, looked up as a shell would, or among system programs */
export function which(name, env = process.env) {
	for (const folder of [...(env.PATH ?? '').split(':'), ...systemFolders]) {
		const file = path.join(folder || '.', name);
		try {
			fs.accessSync(file, fs.constants.X_OK);
			return file;
		} catch {
			// Not here.
		}
	}

	return undefined;
}

/**
 * Runs a command and keeps its output, stdout and stderr in one as a terminal would show them.
 * @param {string[]} argv
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv}} [options]
 * @returns {Promise<{ok: boolean, output: string}>} not ok with a reason when it cannot be started
 */
export function capture([file, ...args], options = {}) {
	return new Promise((resolve) => {
		let output = '';
		const child = spawn(file, args, {stdio: ['ignore', 'pipe', 'pipe'], ...options});
		const keep = (chunk) => {
			output += chunk;
		};
		child.stdout.setEncoding('utf8').on('data', keep);
		child.stderr.setEncoding('utf8').on('data', keep);
		child.on('error', (error) => resolve({ok: false, output: output + error.message}));
		child.on('close', (code) => resolve({ok: code === 0, output}));
	});
}

/**
 * Hands the terminal to a program and waits for it, whatever signal comes.
 * @param {string[]} argv
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv}} [options]
 * @returns {Promise<number>} its exit code, or 128 + signal as a shell counts
 */
export function become([file, ...args], options = {}) {
	return new Promise((resolve) => {
		const child = spawn(file, args, {stdio: 'inherit', ...options});
		// A terminal sends Ctrl-C to the whole group, so the child has it already; a second one would mean "at once".
		const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
		process.on('SIGINT', () => {
			if (!onTerminal) child.kill('SIGINT');
		});
		for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
		child.on('error', (error) => {
			process.stderr.write(`${error.message}\n`);
			resolve(127);
		});
		child.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
	});
}
