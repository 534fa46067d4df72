import path from 'node:path';
import test from 'ava';
import {messagesFor} from '../../scripts/messages.mjs';
import {isGoodCriu} from '../../scripts/setup/criu.mjs';
import {isNewEnough} from '../../scripts/setup/node-runtime.mjs';
import {isInstalled} from '../../scripts/setup/npm-packages.mjs';
import {criuFolder} from '../../scripts/setup/places.mjs';
import {wrapperScript} from '../../scripts/setup/private-criu.mjs';
import {abridged} from '../../scripts/setup/report.mjs';
import {privateCriu} from '../../src/criu/find.js';

test('which Node runs the tools', (t) => {
	for (const good of ['v22.20.0', 'v22.21.1', 'v24.12.0', 'v26.0.0']) t.true(isNewEnough(good), good);
	for (const bad of ['v18.19.0', 'v20.20.2', 'v22.12.0', 'v23.9.0', 'v24.11.1', 'v25.1.0']) {
		t.false(isNewEnough(bad), bad);
	}
});

test('which CRIU is good', (t) => {
	for (const good of ['4.2', '4.2.1', '4.10', '5.0']) t.true(isGoodCriu(good), good);
	for (const bad of ['', '3.17.1', '4.1.1', '4.1-18-g1']) t.false(isGoodCriu(bad), bad);
});

test('packages are installed when every version is the one asked for', (t) => {
	const wanted = {
		packages: {
			'': {},
			'node_modules/a': {version: '1.0.0'},
			'node_modules/for-another-system': {version: '1.0.0', optional: true},
		},
	};
	const installed = (packages: Record<string, {version: string}>) => isInstalled(wanted, {packages});
	t.true(installed({'node_modules/a': {version: '1.0.0'}}));
	t.true(installed({'node_modules/a': {version: '1.0.0'}, 'node_modules/more': {version: '2.0.0'}}));
	t.false(installed({'node_modules/a': {version: '1.0.1'}}));
	t.false(installed({}));
	t.false(
		installed({'node_modules/a': {version: '1.0.0'}, 'node_modules/for-another-system': {version: '0.9.0'}}),
	);
});

test('set-up puts the private CRIU where the program looks for it', (t) => {
	for (const env of [{DBUSFREEZE_CRIU_DIR: '/somewhere/criu'}, {XDG_CACHE_HOME: '/cache'}, {}]) {
		t.is(path.join(criuFolder(env), 'criu'), privateCriu(env));
	}
});

test("the wrapper's paths survive spaces and quotes", (t) => {
	const script = wrapperScript("/a b/it's", {loader: 'lib/ld.so', libraries: 'lib'});
	t.regex(script, /^root='\/a b\/it'\\''s\/root'$/m);
});

test('both languages say the same things', (t) => {
	const [en, zh] = [messagesFor({}), messagesFor({LANG: 'zh_TW.UTF-8'})];
	const shape = (value: unknown, at = ''): string[] =>
		typeof value === 'object' && value !== null
			? Object.entries(value).flatMap(([key, inner]) => shape(inner, `${at}.${key}`))
			: [`${at}: ${typeof value}`];
	t.deepEqual(shape(zh).sort(), shape(en).sort());
	t.not(en.usage, zh.usage);
	t.is(messagesFor({LC_ALL: 'C', LANG: 'zh_CN.UTF-8'}), en);
});

test('long output is shown with its beginning and its end', (t) => {
	const lines = (n: number) => Array.from({length: n}, (_, i) => `line ${i}`).join('\n');
	t.is(abridged(`${lines(30)}\n`), lines(30));
	const cut = abridged(lines(100)).split('\n');
	t.deepEqual([cut.length, cut[0], cut[15], cut[30]], [31, 'line 0', '…', 'line 99']);
});
