import fs from 'node:fs';
import path from 'node:path';
import {Fault} from '../fault.js';
import type {Config} from './schema.js';

/** `$XDG_CONFIG_HOME/dbusfreeze/config.json`, by the rules of the XDG Base Directory Specification. */
export function configPath(env: NodeJS.ProcessEnv): string {
	const base = env.XDG_CONFIG_HOME;
	// The specification: a relative path is to be ignored.
	const folder = base && path.isAbsolute(base) ? base : path.join(env.HOME || '/', '.config');
	return path.join(folder, 'dbusfreeze', 'config.json');
}

/** The user's settings; empty when there is no file. Throws Fault `bad-config`. */
export async function readConfig(env: NodeJS.ProcessEnv): Promise<Config> {
	const file = configPath(env);
	let text: string;
	try {
		text = fs.readFileSync(file, 'utf8');
	} catch (error) {
		const {code, message} = error as NodeJS.ErrnoException;
		if (code === 'ENOENT' || code === 'ENOTDIR') return {};
		throw new Fault('bad-config', {path: file, reason: code ?? message}, {cause: error});
	}
	// Most people have no such file: only for it the schema's library is loaded.
	const {configSchema} = await import('./schema.js');
	try {
		const result = configSchema.safeParse(JSON.parse(text));
		if (result.success) return result.data;
		const [issue] = result.error.issues;
		const place = issue?.path.map(String).join('.') || '.';
		throw new Fault('bad-config', {path: file, reason: `${place}: ${issue?.message ?? ''}`});
	} catch (error) {
		if (error instanceof SyntaxError) {
			throw new Fault('bad-config', {path: file, reason: error.message}, {cause: error});
		}
		throw error;
	}
}

/**
 * Saves a filter under a name, or forgets it when `text` is undefined; all else in the file stays. Throws Fault
 * `bad-config` and `output-unwritable`.
 */
export async function saveFilter(
	env: NodeJS.ProcessEnv,
	name: string,
	text: string | undefined,
): Promise<Config> {
	const before = await readConfig(env);
	const {[name]: _, ...others} = before.filters ?? {};
	const config = {...before, filters: text === undefined ? others : {...others, [name]: text}};
	const file = configPath(env);
	const partial = `${file}.${process.pid}.new`;
	try {
		fs.mkdirSync(path.dirname(file), {recursive: true, mode: 0o700});
		fs.writeFileSync(partial, `${JSON.stringify(config, undefined, '\t')}\n`, {mode: 0o600});
		fs.renameSync(partial, file);
	} catch (error) {
		fs.rmSync(partial, {force: true});
		throw new Fault('output-unwritable', {path: file, reason: (error as Error).message}, {cause: error});
	}
	return config;
}
