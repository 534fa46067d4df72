import test from 'ava';
import {connectionEntries} from '../../src/tui/selectors.js';
import {initialState} from '../../src/tui/state/state.js';

test('all connections of a frozen service are shown as frozen, those of others are not', (t) => {
	const peer = (uniqueName: string, name: string) => ({
		uniqueName,
		names: [name],
		queued: [],
		matchRules: null,
	});
	const entries = connectionEntries({
		...initialState(false),
		peers: [peer(':1.1', 'a.One'), peer(':1.2', 'a.Two'), peer(':1.3', 'b.Other')],
		frozen: [
			{
				checkpoint: '/c',
				pid: 1203,
				names: ['a.One', 'a.Two'],
				uniqueName: ':1.1',
				others: [':1.2', ':1.9'],
				since: 1,
				keeperAlive: true,
				next: {mode: 'held'} as const,
			},
		],
	});
	t.deepEqual(
		entries.map(({names, frozen}) => [names, frozen?.checkpoint]),
		[
			[['a.One'], '/c'],
			[['a.Two'], '/c'],
			[['b.Other'], undefined],
		],
	);
});
