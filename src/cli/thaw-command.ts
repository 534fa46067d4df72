import fs from 'node:fs';
import path from 'node:path';
import type {CommandContext} from './context.js';

/** How this program was called; a part of it, so that tests can say. */
export interface Call {
	/** The running Node and our entry file, as in `process.argv`. */
	argv: readonly string[];
	env: NodeJS.ProcessEnv;
}

/** The name under which the package installs us. */
const installedName = 'dbusfreeze-tui';

/**
 * The whole command line that thaws a checkpoint from the user's shell: the program as it was called, and the
 * state dir where that is not the default. The bus need not be named, because the keeper is connected to it.
 */
export function thawCommand(
	{stateDir, isDefaultStateDir}: Pick<CommandContext, 'stateDir' | 'isDefaultStateDir'>,
	checkpoint: string,
	call: Call = process,
): string {
	const dir = path.resolve(stateDir);
	const inStore = path.dirname(checkpoint) === path.join(dir, 'checkpoints');
	return [
		// Thawing needs root, and whoever called us through sudo has another shell than we.
		...(call.env.SUDO_USER ? ['sudo'] : []),
		...programWords(call),
		...(inStore && !isDefaultStateDir ? ['--state-dir', dir] : []),
		'thaw',
		inStore ? path.basename(checkpoint) : checkpoint,
	]
		.map(shellWord)
		.join(' ');
}

/** `dbusfreeze-tui` where that is what the shell found, else the Node that runs us and our file. */
function programWords({argv: [node = 'node', entry = ''], env}: Call): string[] {
	const found = findInPath(installedName, env.PATH);
	if (found !== undefined && realPath(found) === realPath(entry)) return [installedName];
	const inPath = findInPath('node', env.PATH);
	const sameNode = inPath !== undefined && realPath(inPath) === realPath(node);
	return [sameNode && !env.SUDO_USER ? 'node' : node, path.resolve(entry)];
}

function findInPath(name: string, searchPath = ''): string | undefined {
	return searchPath
		.split(':')
		.filter(Boolean)
		.map((dir) => path.join(dir, name))
		.find((file) => fs.existsSync(file));
}

function realPath(file: string): string {
	try {
		return fs.realpathSync(file);
	} catch {
		return file;
	}
}

function shellWord(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
