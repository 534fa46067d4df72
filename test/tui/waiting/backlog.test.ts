import test from 'ava';
import type {Waiting} from '../../../src/dbus/held/service.js';
import type {SessionEvent} from '../../../src/session/events.js';
import {arrivalRates, type Backlog, emptyBacklog, foldBacklog} from '../../../src/tui/waiting/backlog.js';

/** A whole second, so that the rates of whole seconds can be told exactly. */
const start = Date.UTC(2025, 0, 1);

const told = (ms: number, messages: number, facts: Partial<Waiting> = {}): SessionEvent => ({
	type: 'waiting',
	seq: 1,
	at: start + ms,
	policy: 'queue',
	bytes: messages * 100,
	messages,
	more: false,
	stashed: 0,
	refused: 0,
	drain: 'watching',
	...facts,
});

const fold = (...events: SessionEvent[]): Backlog => events.reduce(foldBacklog, emptyBacklog);

test('what comes is counted by the second, also where the keeper was silent', (t) => {
	const backlog = fold(told(0, 0), told(250, 10), told(500, 30), told(3400, 35));
	t.deepEqual(arrivalRates(backlog, start + 5200), [30, 0, 0, 5, 0]);
	t.deepEqual(arrivalRates(backlog, start + 5200, 2), [5, 0]);
});

test('a refused call has come, whether it waited before or not', (t) => {
	const backlog = fold(
		told(0, 4),
		told(1500, 1, {refused: 3}),
		told(2500, 1, {refused: 9, policy: 'refuse'}),
	);
	t.deepEqual(arrivalRates(backlog, start + 3000), [0, 0, 6]);
});

test('what waited before this screen looked is no rate', (t) => {
	t.deepEqual(arrivalRates(fold(told(100, 5000, {oldest: start - 60_000})), start + 2000), [0, 0]);
	const fresh = fold(told(100, 50, {oldest: start + 50}));
	t.deepEqual(arrivalRates(fresh, start + 2000), [50, 0]);
});

test('a new freeze counts anew, and only what the chart can show is kept', (t) => {
	const many = Array.from({length: 2000}, (_, i) => told(i * 250, i));
	const backlog = fold(...many);
	t.true(backlog.samples.length < 500);
	t.deepEqual(new Set(arrivalRates(backlog, start + 1999 * 250)), new Set([4]));
	t.is(arrivalRates(backlog, start + 1999 * 250).length, 120);
	t.is(backlog.last?.messages, 1999);
	const anew: SessionEvent = {
		type: 'started',
		operation: 'freeze',
		pid: 1,
		comm: '',
		names: [],
		checkpoint: '',
		seq: 2,
		at: start,
	};
	t.deepEqual(foldBacklog(backlog, anew), emptyBacklog);
	t.deepEqual(arrivalRates(emptyBacklog, start), []);
});
