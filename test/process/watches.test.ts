import {execFileSync, spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {readFds} from '../../src/process/fds.js';
import {temporaryFolder} from '../support/compile.js';
import {eventually} from '../support/eventually.js';

/** Whether the watches of a program that watches this path could not be set anew. */
async function areLost(t: ExecutionContext, watched: string): Promise<boolean> {
	// Node watches with inotify.
	const script = `const fs = require('node:fs'); fs.watch(${JSON.stringify(watched)}); console.log('ready')`;
	const child = spawn(process.execPath, ['-e', script], {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(() => child.kill('SIGKILL'));
	const found = await eventually(() => readFds(child.pid ?? 0).fds.find(({kind}) => kind === 'inotify'));
	const info = () => fs.readFileSync(`/proc/${child.pid}/fdinfo/${found.fd}`, 'utf8');
	await eventually(() => info().includes('inotify wd:'));
	return readFds(child.pid ?? 0).fds.some(({kind, hidden}) => kind === 'inotify' && hidden === true);
}

test('a watch on a plain disk can be set anew', async (t) => {
	t.false(await areLost(t, temporaryFolder(t)));
});

test('a watch in /proc cannot', async (t) => {
	t.true(await areLost(t, '/proc/swaps'));
});

(process.getuid?.() === 0 ? test : test.skip)('nor one on an overlay without handles', async (t) => {
	const folder = temporaryFolder(t);
	const at = (name: string) => path.join(folder, name);
	execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
	t.teardown(() => execFileSync('umount', ['-l', folder]));
	for (const name of ['lower', 'upper', 'work', 'merged']) fs.mkdirSync(at(name));
	fs.writeFileSync(at('lower/file'), '');
	const layers = `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')}`;
	execFileSync('mount', ['-t', 'overlay', '-o', layers, 'overlay', at('merged')]);
	t.teardown(() => execFileSync('umount', ['-l', at('merged')]));
	t.true(await areLost(t, at('merged/file')));
});
