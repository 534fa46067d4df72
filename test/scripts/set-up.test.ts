import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';

const root = path.resolve(import.meta.dirname, '../..');

/** A checkout with our scripts and a program of one file, installed packages and all. */
function checkout(t: ExecutionContext): string {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dbusfreeze-test-'));
	t.teardown(() => fs.rmSync(folder, {recursive: true}));
	fs.chmodSync(folder, 0o755);
	for (const name of ['scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'fixtures']) {
		const filter = (file: string) => path.basename(file) !== 'bin';
		fs.cpSync(path.join(root, name), path.join(folder, name), {recursive: true, filter});
	}

	fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
	fs.mkdirSync(path.join(folder, 'src/cli'), {recursive: true});
	fs.writeFileSync(path.join(folder, 'src/cli/main.ts'), "console.log('started', process.argv.slice(2));\n");
	return folder;
}

function run(folder: string, job: string, options: {env?: NodeJS.ProcessEnv; uid?: number} = {}) {
	return spawnSync(process.execPath, ['scripts/run.mjs', job, 'one', 'two'], {
		cwd: folder,
		encoding: 'utf8',
		...options,
		env: {...process.env, LC_ALL: 'C', ...options.env},
	});
}

/** A folder for PATH with nothing in it but the given shell scripts. */
function programs(t: ExecutionContext, scripts: Record<string, string> = {}): string {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dbusfreeze-test-'));
	t.teardown(() => fs.rmSync(folder, {recursive: true}));
	fs.chmodSync(folder, 0o755);
	for (const [name, script] of Object.entries(scripts)) {
		fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
	}

	return folder;
}

test('the second set-up finds nothing to do, and a change makes only its own step run', (t) => {
	const folder = checkout(t);
	const first = run(folder, 'setup');
	t.is(first.status, 0, first.stderr);
	t.regex(first.stderr, /» build the demo services … [\d.]+ s\n» build the program … [\d.]+ s\n$/);
	t.true(fs.existsSync(path.join(folder, 'fixtures/bin/counter')));

	const second = run(folder, 'setup');
	t.deepEqual([second.status, second.stdout, second.stderr], [0, '', '']);

	fs.appendFileSync(path.join(folder, 'fixtures/demo.h'), '\n');
	t.regex(run(folder, 'setup').stderr, /^» build the demo services … [\d.]+ s\n$/);

	fs.writeFileSync(path.join(folder, 'src/cli/main.ts'), "console.log('changed', process.argv.slice(2));\n");
	const demo = run(folder, 'demo');
	t.regex(demo.stderr, /^» build the program … [\d.]+ s\n$/);
	t.is(demo.stdout, "changed [ 'demo', 'one', 'two' ]\n");
});

test("the job's exit code and signal are passed on", (t) => {
	const folder = checkout(t);
	const main = path.join(folder, 'src/cli/main.ts');
	fs.writeFileSync(main, 'process.exitCode = 5;\n');
	t.is(run(folder, 'demo').status, 5);
	fs.writeFileSync(main, "process.kill(process.pid, 'SIGTERM');\nsetTimeout(() => {}, 60_000);\n");
	t.is(run(folder, 'demo').status, 128 + 15);
});

test('a program that does not compile is shown, and not started', (t) => {
	const folder = checkout(t);
	fs.writeFileSync(
		path.join(folder, 'src/cli/main.ts'),
		"console.log('started');\nconst n: number = 'text';\n",
	);
	for (let round = 0; round < 2; round++) {
		const {status, stdout, stderr} = run(folder, 'demo');
		t.deepEqual([status, stdout], [1, '']);
		t.regex(stderr, /could not be built.*main\.ts\(2,7\): error TS/s);
	}
});

test('missing programs: no apt-get, in both languages', (t) => {
	const folder = checkout(t);
	const PATH = programs(t);
	const english = run(folder, 'setup', {env: {PATH}});
	t.is(english.status, 3);
	t.regex(
		english.stderr,
		/Missing on this machine: dbus-daemon, eu-stack, cc, .*no apt-get.*what Debian calls: dbus-daemon elfutils /s,
	);
	const chinese = run(folder, 'setup', {env: {PATH, LC_ALL: 'zh_CN.UTF-8'}});
	t.is(chinese.status, 3);
	t.regex(chinese.stderr, /这台机器缺少：dbus-daemon、/);
});

test('missing programs: apt-get without network says what it said', (t) => {
	const folder = checkout(t);
	const PATH = programs(t, {'apt-get': 'echo "E: Unable to fetch some archives"; exit 100'});
	const {status, stderr} = run(folder, 'setup', {env: {PATH}});
	t.is(status, 3);
	t.regex(stderr, /Is there a network.*apt-get update && apt-get install dbus-daemon.*E: Unable to fetch/s);
});

test('missing programs: not root says what root should install', (t) => {
	const folder = checkout(t);
	const PATH = programs(t, {'apt-get': 'echo must not run; exit 1'});
	// The Node of a checkout in root's home is out of other users' reach: a copy is not.
	const node = path.join(folder, 'node');
	fs.copyFileSync(process.execPath, node);
	fs.chmodSync(node, 0o755);
	const {status, stderr} = spawnSync(node, ['scripts/run.mjs', 'setup'], {
		cwd: folder,
		encoding: 'utf8',
		env: {PATH, LC_ALL: 'C'},
		...(process.getuid?.() === 0 ? {uid: 65_534, gid: 65_534} : {}),
	});
	t.is(status, 3);
	t.regex(
		stderr,
		/^\nMissing on this machine: dbus-daemon, .*as root.*\n {2}apt-get install dbus-daemon [a-z0-9. -]+\n$/s,
	);
});

test('an unknown job is wrong usage', (t) => {
	const {status, stderr} = spawnSync(process.execPath, [path.join(root, 'scripts/run.mjs'), 'constructor'], {
		encoding: 'utf8',
		env: {LC_ALL: 'C'},
	});
	t.is(status, 2);
	t.regex(stderr, /^usage: npm run setup /);
});
