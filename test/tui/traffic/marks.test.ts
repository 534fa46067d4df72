import test from 'ava';
import type {SessionEventBody} from '../../../src/session/events.js';
import {newSessionView} from '../../../src/tui/session-view.js';
import type {Action} from '../../../src/tui/state/actions.js';
import {reduce} from '../../../src/tui/state/reduce.js';
import {initialState} from '../../../src/tui/state/state.js';
import {isWide} from '../../../src/tui/state/traffic.js';
import {lastEntries, type Mark, withMarks} from '../../../src/tui/traffic/marks.js';

const mark = (at: number): Mark => ({
	key: String(at),
	at,
	kind: 'frozen',
	name: 'a.b',
	uniqueNames: [':1.7'],
});
const times = [10, 20, 30, 40];

const drawn = (marks: number[], atEnd: boolean): Array<number | string> =>
	withMarks(times, (at) => at, marks.map(mark), atEnd).map((entry) =>
		entry.mark ? `m${entry.mark.at}` : entry.item,
	);

test('marks stand between the messages', (t) => {
	t.deepEqual(drawn([25], true), [10, 20, 'm25', 30, 40]);
	t.deepEqual(drawn([5, 25, 26, 50], true), [10, 20, 'm25', 'm26', 30, 40, 'm50']);
	t.deepEqual(drawn([50], false), [10, 20, 30, 40]);
	t.deepEqual(withMarks([], () => 0, [mark(5)], true).length, 1);
});

test('the chosen message stays in view beside marks', (t) => {
	const entries = withMarks(times, (at) => at, [25, 35, 45].map(mark), true);
	const view = (chosen: number) => lastEntries(entries, 4, (at) => at === chosen).map(({item}) => item);
	t.deepEqual(view(40), [30, undefined, 40, undefined]);
	t.deepEqual(view(10), [10, 20, undefined, 30]);
});

const checkpoint = '/c';
const told = (...events: SessionEventBody[]): Action[] => [
	{type: 'session-opened', checkpoint, activate: true},
	...events.map(
		(body, seq): Action => ({
			type: 'session-event',
			checkpoint,
			event: {...body, seq, at: 1000 + seq},
		}),
	),
];
const started: SessionEventBody = {
	type: 'started',
	operation: 'freeze',
	pid: 7,
	comm: 'x',
	names: ['a.b'],
	checkpoint,
};
const process = (state: 'running' | 'frozen' | 'lost'): SessionEventBody => ({
	type: 'process',
	state,
	pid: 7,
});

const marksOf = (actions: Action[]) => actions.reduce(reduce, initialState(false)).traffic.marks;

test('a freeze and a thaw leave one mark each, also when they are told twice', (t) => {
	const events = told(started, process('running'), process('frozen'), process('running'));
	const expected = [
		{key: '/c 2', at: 1002, kind: 'frozen', name: 'a.b', uniqueNames: []},
		{key: '/c 3', at: 1003, kind: 'thawed', name: 'a.b', uniqueNames: []},
	];
	t.deepEqual(marksOf(events), expected as Mark[]);
	t.deepEqual(marksOf([...events, ...events]), expected as Mark[]);
	t.is(newSessionView(checkpoint).session.process, 'untouched');
});

test('an aborted freeze is told, an aborted thaw changes nothing', (t) => {
	const failed = (operation: 'freeze' | 'thaw', processState: 'running' | 'frozen'): SessionEventBody => ({
		type: 'failed',
		operation,
		fault: {code: 'aborted', params: {operation, by: 'operator'}, processState},
	});
	const kinds = (...events: SessionEventBody[]) => marksOf(told(started, ...events)).map(({kind}) => kind);
	t.deepEqual(kinds(process('running'), failed('freeze', 'running')), ['aborted']);
	t.deepEqual(kinds(process('frozen'), failed('thaw', 'frozen')), ['frozen']);
	t.deepEqual(kinds(process('frozen'), process('lost')), ['frozen', 'lost']);
});

test('a view that takes all of the width takes the keys from what it hides', (t) => {
	const state = reduce(initialState(false), {type: 'traffic-view', view: 'sequence'});
	t.true(isWide(state));
	t.is(state.focus, 'traffic');
	const back = reduce(state, {type: 'traffic-view', view: 'list'});
	t.false(isWide(back));
	t.true(isWide(reduce(back, {type: 'wide', on: true})));
});
