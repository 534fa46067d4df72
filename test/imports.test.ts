import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';

/** The rooms from the bottom up. A file may import from its own room and from those below it. */
const rooms = [
	'common',
	'kernel',
	'process',
	'dbus',
	'systemd',
	'criu',
	'context',
	'checkpoint',
	'session',
	'keeper',
	'i18n',
	'tui',
	'cli',
];

/** Files that only describe data; any room may name their types. */
const contracts = new Set(['context/model', 'session/events']);

/** What a room must not import at all, beside what is above it. */
const forbidden: Record<string, RegExp> = {
	kernel: /^(?!koffi$|node:|\.)/,
	context: /^(?!\.|zod$)/,
	criu: /^\.\.\/(\.\.\/)?dbus\//,
	keeper: /^(ink|react|blessed)/,
	session: /^(ink|react|blessed|commander)/,
};

const source = path.resolve(import.meta.dirname, '../src');

interface Import {
	file: string;
	target: string;
	typeOnly: boolean;
}

function importsOf(file: string): Import[] {
	const text = fs.readFileSync(path.join(source, file), 'utf8');
	const form =
		/^(?:import|export)(?<type> type)?\b[^'"]*?\bfrom '(?<static>[^']+)'|\bimport\('(?<lazy>[^']+)'\)|^import '(?<bare>[^']+)'/gms;
	return [...text.matchAll(form)].map(({groups = {}}) => ({
		file,
		target: groups.static ?? groups.lazy ?? groups.bare ?? '',
		typeOnly: groups.type !== undefined,
	}));
}

const all = fs
	.readdirSync(source, {recursive: true, encoding: 'utf8'})
	.filter((file) => /\.tsx?$/.test(file))
	.flatMap(importsOf);

test('imports go downwards only', (t) => {
	t.true(all.length > 200, 'the search finds the imports');
	const upward = all.filter(({file, target, typeOnly}) => {
		if (!target.startsWith('.')) return false;
		const place = path.join(path.dirname(file), target).replace(/\.js$/, '');
		const from = rooms.indexOf(file.split('/')[0] ?? '');
		const to = rooms.indexOf(place.split('/')[0] ?? '');
		t.true(from >= 0 && to >= 0, `${file} or ${place} is in no room`);
		return to > from && !(typeOnly && contracts.has(place));
	});
	t.deepEqual(upward, []);
});

test('the screen knows the world only through its port', (t) => {
	const below = /\/(kernel|process|dbus|criu|context|checkpoint|session|keeper)\//;
	const known = all.filter(
		({file, target, typeOnly}) =>
			file.startsWith('tui/') &&
			below.test(target) &&
			!typeOnly &&
			// Pure functions on events, snapshots and filters: no effects, no world.
			!/\/(context\/|session\/machine|dbus\/query\/)/.test(target),
	);
	t.deepEqual(known, []);
});

test('sentences are for the top rooms only', (t) => {
	const users = new Set(
		all.filter(({target}) => /\/i18n\//.test(target)).map(({file}) => file.split('/')[0]),
	);
	t.deepEqual([...users].sort(), ['cli', 'tui']);
});

test('rooms stay away from what is not theirs', (t) => {
	const wrong = all.filter(({file, target}) => forbidden[file.split('/')[0] ?? '']?.test(target));
	t.deepEqual(wrong, []);
});

test('plain commands and the keeper never load the screen', (t) => {
	const ink = all.filter(({target, typeOnly}) => /^(ink|react|blessed)/.test(target) && !typeOnly);
	t.deepEqual([...new Set(ink.map(({file}) => file.split('/')[0]))], ['tui']);
	const eager = all.filter(
		({file, target, typeOnly}) =>
			file.startsWith('cli/') && /tui\//.test(target) && !typeOnly && !/tui\/run/.test(target),
	);
	t.deepEqual(
		eager.filter(({file}) => !file.startsWith('cli/port/') && file !== 'cli/commands/tui.ts'),
		[],
	);
});
