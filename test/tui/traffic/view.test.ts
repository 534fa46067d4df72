import test from 'ava';
import type {Query} from '../../../src/dbus/query/query.js';
import type {TrafficMessage} from '../../../src/dbus/types.js';
import type {TrafficFeed} from '../../../src/tui/port.js';
import {TrafficView} from '../../../src/tui/traffic/view.js';
import {matchesIn} from '../../support/query-message.js';

/** A ring of which the test says what is in it. */
class Ring implements Pick<TrafficFeed, 'range' | 'get' | 'pair' | 'elapsed' | 'matches' | 'nameOf'> {
	first = 0;
	end = 0;
	/** Milliseconds since the messages came; undefined: they are from 1970, and count up. */
	age: number | undefined;

	range() {
		return {first: this.first, end: this.end};
	}
	/** Every tenth message is a call of Special; the next one is its reply. */
	get(index: number): TrafficMessage | undefined {
		if (index < this.first || index >= this.end) return undefined;
		const base = {
			index,
			at: this.age === undefined ? index : Date.now() - this.age,
			serial: index,
			fds: 0,
			size: 1,
			noReply: false,
			sender: ':1.1',
		};
		if (index % 10 === 1) return {...base, type: 'return', replySerial: index - 1};
		return {...base, type: 'call', member: index % 10 === 0 ? 'Special' : 'Plain'};
	}
	pair(message: TrafficMessage) {
		if (message.type === 'call' && message.index % 10 === 0) return this.get(message.index + 1);
		return message.replySerial === undefined ? undefined : this.get(message.replySerial);
	}
	elapsed() {
		return undefined;
	}
	matches(index: number, query: Query) {
		return matchesIn(this, index, query);
	}
	nameOf(name: string) {
		return name === ':1.1' ? 'org.demo.Caller' : name;
	}
}

const indexes = (
	view: TrafficView,
	height: number,
	last: number | null = null,
	limit: number | null = null,
) => view.window(height, last, limit).rows.map(({index}) => index);

test('without a filter the window is the end of the ring', (t) => {
	const ring = new Ring();
	const view = new TrafficView(ring);
	t.deepEqual(indexes(view, 5), []);
	ring.end = 3;
	t.deepEqual(indexes(view, 5), [0, 1, 2]);
	ring.end = 100;
	t.deepEqual(indexes(view, 3), [97, 98, 99]);
	t.deepEqual(indexes(view, 3, 50), [48, 49, 50]);
	t.is(view.window(3, 50, null).below, 49);
	// A paused display stands still while the ring goes on.
	t.deepEqual(indexes(view, 3, null, 40), [37, 38, 39]);
});

test('a filter brings the answers along, finds the past, and follows the present', (t) => {
	const ring = new Ring();
	ring.end = 50_000;
	const view = new TrafficView(ring);
	view.setFilter('special');
	while (view.advance());
	t.deepEqual(indexes(view, 4), [49_980, 49_981, 49_990, 49_991]);
	t.is(view.step(0, 0, null), 0);
	t.is(view.step(49_991, -2, null), 49_981);
	ring.end = 50_020;
	view.advance();
	t.deepEqual(indexes(view, 2), [50_010, 50_011]);
	view.setFilter('CALLER plain');
	while (view.advance());
	t.deepEqual(indexes(view, 2), [50_018, 50_019]);
});

test('an answer that a filter waited for brings its call', (t) => {
	const ring = new Ring();
	const view = new TrafficView(ring);
	view.setFilter('type:return');
	ring.end = 1;
	view.advance();
	t.deepEqual(indexes(view, 4), []);
	ring.end = 2;
	view.advance();
	t.deepEqual(indexes(view, 4), [0, 1]);
	ring.end = 40;
	while (view.advance());
	t.deepEqual(indexes(view, 9), [0, 1, 10, 11, 20, 21, 30, 31]);
	// The past is tested backwards, the present forwards: nothing is shown twice.
	const late = new TrafficView(ring);
	late.setFilter('type:return');
	while (late.advance());
	t.deepEqual(indexes(late, 9), [0, 1, 10, 11, 20, 21, 30, 31]);
});

test('a call leaves when its answer comes; one that has only just been made is awaited', (t) => {
	const ring = new Ring();
	const view = new TrafficView(ring);
	view.setFilter('is:unanswered special');
	ring.end = 1;
	view.advance();
	t.deepEqual(indexes(view, 4), [0]);
	ring.end = 2;
	view.advance();
	t.deepEqual(indexes(view, 4), []);
	ring.end = 31;
	while (view.advance());
	t.deepEqual(indexes(view, 4), [30]);
	ring.end = 32;
	view.advance();
	t.deepEqual(indexes(view, 4), []);
	// The past knows all answers.
	view.setFilter('is:unanswered');
	while (view.advance());
	t.deepEqual(indexes(view, 2), [28, 29]);
	ring.age = 0;
	ring.end = 34;
	t.true(view.advance(), 'call again soon');
	t.deepEqual(indexes(view, 2), [28, 29], 'too young');
	ring.age = 1000;
	view.advance();
	t.deepEqual(indexes(view, 2), [32, 33]);
});

test('what cannot be understood leaves the last filter in force', (t) => {
	const ring = new Ring();
	ring.end = 40;
	const view = new TrafficView(ring);
	view.setFilter('member:special');
	while (view.advance());
	const before = indexes(view, 4);
	view.setFilter('member:special slower:x');
	t.is(view.error?.code, 'bad-duration');
	t.deepEqual(indexes(view, 4), before);
	view.setFilter('@mine', {mine: 'member:plain'});
	t.is(view.error, undefined);
	while (view.advance());
	t.deepEqual(indexes(view, 2), [38, 39]);
	view.setFilter('@mine', {});
	t.is(view.error?.code, 'unknown-saved');
});

test('one advance never tests more than its budget', (t) => {
	const ring = new Ring();
	ring.end = 100_000;
	let asked = 0;
	const get = ring.get.bind(ring);
	ring.get = (index) => {
		asked++;
		return get(index);
	};
	const view = new TrafficView(ring);
	view.setFilter('nothing like this');
	t.true(asked <= 13_000, String(asked));
	asked = 0;
	t.true(view.advance());
	t.true(asked <= 13_000, String(asked));
});

test('what left the memory is not looked for', (t) => {
	const ring = new Ring();
	ring.end = 1000;
	const view = new TrafficView(ring);
	view.setFilter('special');
	while (view.advance());
	ring.first = 900;
	ring.end = 1900;
	while (view.advance());
	t.is(view.step(0, 0, null), 900);
	ring.first = 5000;
	ring.end = 6000;
	while (view.advance());
	t.is(view.step(0, 0, null), 5000);
	t.is(indexes(view, 1)[0], 5991);
	// Shown from a paused display: the place is kept, the message is gone.
	view.setFilter('');
	t.deepEqual(view.window(1, 4000, null).rows, [{index: 4000, message: undefined}]);
});
