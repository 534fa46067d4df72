import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {configPath, readConfig, saveFilter} from '../../src/common/config/file.js';
import {Fault} from '../../src/common/fault.js';
import {temporaryFolder} from '../support/compile.js';

test('the file is where XDG says', (t) => {
	t.is(configPath({HOME: '/home/a'}), '/home/a/.config/dbusfreeze/config.json');
	t.is(configPath({HOME: '/home/a', XDG_CONFIG_HOME: '/c'}), '/c/dbusfreeze/config.json');
	t.is(configPath({HOME: '/home/a', XDG_CONFIG_HOME: 'relative'}), '/home/a/.config/dbusfreeze/config.json');
});

test('filters are saved and forgotten, all else stays, nobody else can read it', async (t) => {
	const env = {XDG_CONFIG_HOME: path.join(temporaryFolder(t), 'new')};
	t.deepEqual(await readConfig(env), {});
	await saveFilter(env, 'errors', 'type:error');
	const file = configPath(env);
	t.is(fs.statSync(file).mode & 0o777, 0o600);
	t.is(fs.statSync(path.dirname(file)).mode & 0o777, 0o700);
	const later = {...JSON.parse(fs.readFileSync(file, 'utf8')), later: {version: 2}, secrets: ['a.b']};
	fs.writeFileSync(file, JSON.stringify(later));
	await saveFilter(env, '慢', 'slower:1s');
	await saveFilter(env, 'errors', undefined);
	t.deepEqual(await readConfig(env), {filters: {慢: 'slower:1s'}, later: {version: 2}, secrets: ['a.b']});
	t.deepEqual(fs.readdirSync(path.dirname(file)), ['config.json']);
});

for (const [what, text, reason] of [
	['no JSON', '{', /JSON/],
	['a filter that is no text', '{"filters":{"a":1}}', /filters\.a/],
	['too little memory', '{"memory":{"messages":1}}', /memory\.messages/],
] as const) {
	test(`a file with ${what} is refused with its place`, async (t) => {
		const env = {XDG_CONFIG_HOME: temporaryFolder(t)};
		fs.mkdirSync(path.dirname(configPath(env)));
		fs.writeFileSync(configPath(env), text);
		const fault = await t.throwsAsync(readConfig(env), {instanceOf: Fault});
		t.is(fault?.code, 'bad-config');
		t.regex((fault as Fault<'bad-config'>).params.reason, reason);
	});
}
