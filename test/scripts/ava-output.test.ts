import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {AvaOutput} from '../../scripts/ava-output.mjs';

const root = path.resolve(import.meta.dirname, '../..');

/** Runs the real ava on one small file, and counts what it prints. */
function count(t: import('ava').ExecutionContext, source: string, env: NodeJS.ProcessEnv = {}) {
	// Inside the repository, so that ava and its settings are found; no *.test.ts, so that no other run takes it.
	const folder = fs.mkdtempSync(path.join(root, '.ava-output-'));
	t.teardown(() => fs.rmSync(folder, {recursive: true}));
	const file = path.join(folder, 'sample.js');
	fs.writeFileSync(file, `import test from 'ava';\n${source}\n`);
	fs.writeFileSync(path.join(folder, 'package.json'), '{"type": "module", "ava": {"files": ["*.js"]}}');
	const ava = path.join(root, 'node_modules/.bin/ava');
	const {stdout, status} = spawnSync(process.execPath, [ava], {
		cwd: folder,
		env: {...process.env, ...env},
		encoding: 'utf8',
	});
	const output = new AvaOutput();
	for (const line of stdout.split('\n')) output.read(line);
	output.end(status);
	return {passed: output.passed, failed: output.failed};
}

test('passes and failures are counted once each', (t) => {
	const source = `test('a', (t) => t.pass());
		test('b', (t) => t.pass());
		test('c', (t) => t.is(1, 2));
		test('d', async () => { throw new Error('✘ no'); });
		test.skip('e', (t) => t.pass());`;
	t.deepEqual(count(t, source), {passed: 2, failed: 2});
	t.deepEqual(count(t, source, {FORCE_COLOR: '1'}), {passed: 2, failed: 2});
	t.deepEqual(count(t, source, {TERM: 'linux'}), {passed: 2, failed: 2});
});

test('a file that exits, a late rejection and a file that does not load are failures', (t) => {
	t.deepEqual(count(t, "test('a', (t) => t.pass());"), {passed: 1, failed: 0});
	t.true(count(t, "test('a', () => process.exit(3));").failed > 0);
	t.true(count(t, "test('a', (t) => { t.pass(); Promise.reject(new Error('late')); });").failed > 0);
	t.true(count(t, "import './nothing.js';").failed > 0);
});
