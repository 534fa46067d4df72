import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {farFrom, inPidNamespace, rootInside} from '../../src/criu/pid-namespace.js';
import {temporaryFolder} from '../support/compile.js';

test('numbers for criu itself are far from those that it gives out', (t) => {
	const limit = 32_768;
	const distance = (numbers: number[]) => {
		const last = farFrom(numbers, limit);
		t.true(last >= 300 && last < limit, String(last));
		return Math.min(limit - last, ...numbers.filter((n) => n > last).map((n) => n - last));
	};
	t.true(distance([]) > 10_000);
	t.true(distance([2, 3, 17]) > 10_000, 'small ones are in nobody’s way');
	t.true(distance([32_767, 32_000]) > 10_000);
	t.true(distance([16_000, 16_500, 17_000]) > 5000);
	t.true(distance(Array.from({length: 300}, (_, n) => 400 + n * 100)) >= 49, 'and as far as can be');
});

const at = (label: string, last: number) => inPidNamespace({nest: {kind: 'plain', label}, last}, []);

test('a program in a pid namespace of its own: its numbers, its /proc, our files; and it ends as it ends', (t) => {
	const label = temporaryFolder(t);
	fs.writeFileSync(path.join(label, 'here'), 'found');
	const run = (script: string) => {
		const [command = '', ...args] = [...at(label, 4321), 'sh', '-c', script];
		return spawnSync(command, args, {encoding: 'utf8'});
	};
	const told = run(`echo $$; ls /proc | grep -c '^[0-9]'; cat ${rootInside}${label}/here; exit 7`);
	t.is(told.status, 7);
	t.deepEqual(told.stdout.split('\n'), ['4322', '4', 'found'], 'init, the shell, ls and grep');
	t.is(run('kill -SEGV $$').signal, 'SIGSEGV');
	t.is(run('exec 9</proc/1/fd/9').status, 2, 'its first process has nothing else open');
	const own = fs.readlinkSync('/proc/self/ns/mnt');
	t.not(run('readlink /proc/self/ns/mnt').stdout.trim(), own);
	t.is(execFileSync('readlink', ['/proc/self/ns/mnt'], {encoding: 'utf8'}).trim(), own);
});

test('what goes wrong before the program runs is in its log, in the form of criu’s', (t) => {
	const log = path.join(temporaryFolder(t), 'restore.log');
	const run = (last: number, program: string) => {
		fs.rmSync(log, {force: true});
		const [command = '', ...args] = [...at('nowhere', last), program];
		const {status} = spawnSync(command, args, {env: {...process.env, DBUSFREEZE_LOG: log}});
		return [status, fs.readFileSync(log, 'utf8')];
	};
	t.deepEqual(run(2 ** 30, 'true'), [
		125,
		'(00.000000) Error (pid-namespace.pl): ns_last_pid: Invalid argument\n',
	]);
	t.deepEqual(run(500, '/no/such/program'), [
		125,
		'(00.000000) Error (pid-namespace.pl): /no/such/program: No such file or directory\n',
	]);
});
