/**
 * Makes docs/screen.svg: runs the demo on a real terminal, freezes and thaws the counter, and draws what the
 * terminal shows. Needs root and CRIU, as the demo does. Usage: tsx scripts/screenshot.ts [OUTPUT]
 */
import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {openPty} from '../test/support/pty.js';
import {terminalSvg} from './terminal-svg.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = process.argv[2] ?? `${root}/docs/screen.svg`;
const program = [process.execPath, '--import=tsx', `${root}/src/cli/main.ts`, 'demo'];
const pty = openPty(program, {columns: 120, rows: 36, cwd: root});

/** Presses a key and waits for what it brings about. */
async function press(key: string, then: RegExp): Promise<void> {
	pty.write(key);
	await pty.until(then, 30_000);
}

try {
	await pty.until(/▸ .*Demo\.Counter[\s\S]*Add\(/, 60_000);
	// A chart of half a minute, so that the freeze is seen in it.
	await pty.until(/-14s/, 60_000);
	await press('f', /y freezes it/);
	await press('y', /◉ snapshot/);
	await press('n', /◉ hold/);
	await press('n', /◉ pre-dump/);
	await press('n', /◉ post-dump/);
	await press('n', /❄ frozen/);
	// Calls wait for the frozen service.
	await pty.until(/[1-9]\d* messages? \(.*\) wait/, 30_000);
	await press('t', /y thaws it/);
	await press('y', /◉ pre-restore/);
	await press('n', /◉ post-restore/);
	await press('n', /◉ pre-resume/);
	await pty.until(/before │ restored[\s\S]*═/, 30_000);
	writeFileSync(
		output,
		terminalSvg(pty.terminal, 'dbusfreeze-tui: a D-Bus service, frozen and thawed, compared with itself'),
	);
	await press('c', /context preserved|changed/);
} finally {
	// The demo ends its bus and services when it is asked to; SIGKILL would leave that to chance.
	pty.signal('SIGTERM');
	await pty.exited;
	pty.kill();
}
