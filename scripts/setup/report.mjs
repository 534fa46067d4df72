import {messages} from '../messages.mjs';

/** What a person can mend: its message says what happened and what to do. `detail` is a command's own output. */
export class SetupError extends Error {
	/**
	 * @param {string} message
	 * @param {{exitCode?: number, detail?: string}} [options] exit code 3: this machine can't; 1: our own build failed
	 */
	constructor(message, {exitCode = 3, detail = ''} = {}) {
		super(message);
		this.exitCode = exitCode;
		this.detail = detail;
	}
}

/**
 * Does one step and prints one line about it on stderr: what, and how long it took.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
	const start = performance.now();
	process.stderr.write(`» ${what} … `);
	try {
		const result = await work();
		process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`);
		return result;
	} catch (error) {
		process.stderr.write(`${messages.failed}\n`);
		throw error;
	}
}

/** What matters of a command's output: how it began and how it ended. */
export function abridged(text, lines = 15) {
	const all = text.trimEnd().split('\n');
	return all.length <= 2 * lines
		? all.join('\n')
		: [...all.slice(0, lines), '…', ...all.slice(-lines)].join('\n');
}

/** @param {SetupError} error */
export function printError(error) {
	process.stderr.write(`\n${error.message}\n`);
	if (error.detail !== '') {
		process.stderr.write(`\n${messages.said}\n${abridged(error.detail).replaceAll(/^/gm, '  ')}\n`);
	}
}
