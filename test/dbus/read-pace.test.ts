import test from 'ava';
import {ReadPace} from '../../src/dbus/read-pace.js';

/** Reads every `every` milliseconds for `ms`. @returns how many of them are followed by a pause. */
function paused(pace: ReadPace, from: number, ms: number, every: number): number {
	let count = 0;
	for (let now = from; now < from + ms; now += every) if (pace.next(now) > 0) count++;
	return count;
}

test('what comes now and then is read when it comes', (t) => {
	t.is(paused(new ReadPace(), 0, 1000, 1), 0);
	t.is(paused(new ReadPace(), 0, 1000, 20), 0);
	// A burst of a call, its answer and some signals.
	t.is(paused(new ReadPace(), 0, 2, 0.1), 0);
});

test('a flood is read some at a time as long as it lasts, and no longer', (t) => {
	const pace = new ReadPace();
	t.true(paused(pace, 0, 100, 0.1) > 900);
	// With pauses there are fewer reads.
	t.is(paused(pace, 100, 100, 1), 100);
	paused(pace, 200, 40, 5);
	t.is(paused(pace, 240, 1000, 1), 0);
	// After a silence nothing is left of it.
	paused(pace, 2000, 100, 0.1);
	t.is(paused(pace, 3000, 10, 1), 0);
});
