import test from 'ava';
import {fuzz} from '../fuzz/run.js';

test('damaged messages, files and filters are refused or read, and nothing else happens', (t) => {
	// The same ones each time; `npm run fuzz` takes a million others.
	const {frames, accepted} = fuzz(5000, 1);
	t.is(frames, 5000);
	t.true(accepted > 500, `${accepted} still are messages`);
});
