import {spawnSync} from 'node:child_process';
import test from 'ava';
import {program} from '../support/cli.js';
import {temporaryFolder} from '../support/compile.js';

test('filters are saved when they are understood, listed, and forgotten', (t) => {
	const env = {...process.env, XDG_CONFIG_HOME: temporaryFolder(t)};
	const run = (...args: string[]) =>
		spawnSync(process.execPath, [program, '--lang', 'en', ...args], {encoding: 'utf8', env});
	t.regex(run('filters').stderr, /No filters are saved/);
	t.is(run('filters', 'save', 'bad', 'type:error or slower:1s').status, 0);
	t.is(run('filters', 'save', 'mine', '@bad from:Counter').status, 0);
	t.deepEqual(JSON.parse(run('--json', 'filters').stdout), {
		ok: true,
		filters: {bad: 'type:error or slower:1s', mine: '@bad from:Counter'},
	});
	t.regex(run('filters').stdout, /^NAME +FILTER\n@bad +type:error or slower:1s\n@mine /);
	for (const [name, text, why] of [
		['x', 'colour:red', /no "colour:"/],
		['bad', '@mine', /leads back to itself/],
		['a b', 'x', /cannot be the name/],
		['y', '@nobody', /saved as "nobody"/],
	] as const) {
		const {status, stderr} = run('filters', 'save', name, text);
		t.is(status, 2);
		t.regex(stderr, why);
	}
	t.is(run('filters', 'remove', 'mine').status, 0);
	t.is(run('filters', 'remove', 'mine').status, 2);
	t.deepEqual(JSON.parse(run('--json', 'filters').stdout).filters, {bad: 'type:error or slower:1s'});
});
