import test from 'ava';
import {connectionNames} from '../../src/tui/rows/connection-names.js';
import type {ConnectionEntry} from '../../src/tui/selectors.js';

function entry(uniqueName: string, names: string[], comm?: string): ConnectionEntry {
	const peer = {uniqueName, names, queued: [], matchRules: null, ...(comm ? {comm} : {})};
	return {uniqueName, names, peer};
}

const entries = [
	entry(':1.0', ['org.dbusfreeze.Demo.Counter']),
	entry(':1.2', ['org.dbusfreeze.Demo.Gauge', 'org.dbusfreeze.Demo.Meter']),
	entry(':1.3', ['org.example.Short']),
	entry(':1.14', [], 'caller'),
	entry(':1.15', []),
];

test('names of one family lose the same parts; nobody else does', (t) => {
	t.deepEqual(
		[...connectionNames(entries, 30).values()],
		['Demo.Counter', 'Demo.Gauge', 'org.example.Short', 'caller', ':1.15'],
	);
	t.is(connectionNames(entries, 60).get(':1.0'), 'org.dbusfreeze.Demo.Counter');
	t.is(connectionNames(entries, 18).get(':1.0'), 'Counter');
	t.is(connectionNames(entries, 14).get(':1.0'), 'Coun…');
});

test('an untrusted command is escaped, and there is always something to call it by', (t) => {
	t.is(connectionNames([entry(':1.1', [], 'a\u001b[2J')], 60).get(':1.1'), 'a\\e[2J');
});
