import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import type {ExecutionContext} from 'ava';

/** An empty folder that vanishes with the test. */
export function temporaryFolder(t: ExecutionContext): string {
	const folder = mkdtempSync(join(tmpdir(), 'dbusfreeze-test-'));
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
}

/** Compiles a C program with gcc into a folder of the test. @returns the path of the program. */
export function compile(t: ExecutionContext, source: string, flags: readonly string[] = []): string {
	const program = join(temporaryFolder(t), basename(source, '.c'));
	execFileSync('gcc', ['-O1', '-w', '-pthread', ...flags, '-o', program, source], {stdio: 'pipe'});
	return program;
}

/**
 * What pkg-config says a program with this library is compiled with. The library comes before the source on
 * gcc's command line, so it must not be left out as not needed.
 */
export function flagsOf(library: string): string[] {
	const flags = execFileSync('pkg-config', ['--cflags', '--libs', library], {encoding: 'utf8'});
	return ['-Wl,--no-as-needed', ...flags.trim().split(/\s+/)];
}
