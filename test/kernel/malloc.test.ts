import test from 'ava';
import {callIfThere} from '../../src/kernel/library.js';
import {giveMemoryBackEarly} from '../../src/kernel/malloc.js';

test('glibc takes what it is asked; a function that is not there is no error', (t) => {
	// M_ARENA_MAX, as few as one.
	t.is(callIfThere('int mallopt(int parameter, int value)', -8, 1), 1);
	t.is(callIfThere('int no_such_function_anywhere(int a)', 1), undefined);
	t.notThrows(giveMemoryBackEarly);
});
