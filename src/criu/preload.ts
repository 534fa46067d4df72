import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {type Runner, runCommand} from '../common/runner.js';
import {cacheFolder} from './find.js';

/** Shipped with the program. */
const source = path.resolve(import.meta.dirname, '../../native/criu-preload.c');

const compilers = ['cc', 'gcc', 'clang'];

export type Preload = {library: string} | {missing: 'compiler' | 'failed'; detail: string};

/**
 * The library that criu is given for what it cannot dump alone, built from our source when it is first needed, into
 * the cache; the name tells the source, so that another version builds its own. Without a compiler there is none.
 */
export async function preloadLibrary(
	env: NodeJS.ProcessEnv,
	run: Runner = runCommand,
	folder = cacheFolder(env),
): Promise<Preload> {
	const digest = createHash('sha256').update(fs.readFileSync(source)).digest('hex').slice(0, 16);
	const library = path.join(folder, `criu-preload-${process.arch}-${digest}.so`);
	if (fs.existsSync(library)) return {library};
	fs.mkdirSync(folder, {recursive: true, mode: 0o755});
	const fresh = `${library}.${process.pid}`;
	let failure: Preload = {missing: 'compiler', detail: compilers.join(', ')};
	for (const command of compilers) {
		const {exitCode, startError, stderr} = await run({
			command,
			args: ['-O2', '-shared', '-fPIC', '-o', fresh, source, '-ldl'],
		});
		if (exitCode === 0) {
			// Whole or not at all, also when two build it at once.
			fs.renameSync(fresh, library);
			return {library};
		}
		if (startError === undefined) failure = {missing: 'failed', detail: stderr.split('\n')[0] ?? ''};
	}
	fs.rmSync(fresh, {force: true});
	return failure;
}
