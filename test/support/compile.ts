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
