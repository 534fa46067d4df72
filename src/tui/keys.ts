import type {Catalogue} from '../i18n/index.js';
import {
	whyNotChosen,
	whyNotCompare,
	whyNotConnection,
	whyNotInSpite,
	whyNotInterrupt,
	whyNotPack,
	whyNotRemove,
	whyNotRepair,
	whyNotSend,
	whyNotThawIt,
} from './checkpoints/why-not.js';
import type {ScreenState} from './state/state.js';
import {filterProblem} from './traffic/filter-problem.js';
import {whyNotChoosePolicy, whyNotPolicy, whyNotWaiting} from './waiting/why-not.js';
import {
	whyNotAbort,
	whyNotClear,
	whyNotDecide,
	whyNotDiff,
	whyNotFilter,
	whyNotFreeze,
	whyNotHide,
	whyNotJump,
	whyNotOpen,
	whyNotReveal,
	whyNotSave,
	whyNotSort,
	whyNotThaw,
	whyNotUse,
	whyNotView,
	whyNotWalk,
	whyNotWide,
	whyNotYes,
} from './why-not.js';

export type KeyId = keyof Catalogue['screen']['keys'];
/** Where a key means something: any pane, one pane, or what lies over the panes. */
export type Scope = keyof Catalogue['screen']['docs']['scopes'];
export type Group = keyof Catalogue['screen']['help']['groups'];

export interface KeyBinding {
	id: KeyId;
	/** Names as `key-names.ts` makes them; the first is shown in the hint line. */
	keys: readonly string[];
	scopes: readonly Scope[];
	group: Group;
	/** Place in the hint line; lower comes first, absent is never shown there. */
	hint?: number;
	/** Why the key can do nothing now, as a sentence; undefined when it can. */
	disabledReason?: (state: ScreenState) => string | undefined;
}

const scrolling: readonly Scope[] = [
	'browse',
	'help',
	'details',
	'waiting',
	'diff',
	'filters',
	'checkpoints',
	'confirm',
];

/** The one table: input, the help screen, the hint line and docs/keys.md all come from it. */
export const keyTable: readonly KeyBinding[] = [
	{id: 'move-down', keys: ['j', '↓'], scopes: scrolling, group: 'move'},
	{id: 'move-up', keys: ['k', '↑'], scopes: scrolling, group: 'move'},
	{id: 'half-down', keys: ['ctrl-d'], scopes: scrolling, group: 'move'},
	{id: 'half-up', keys: ['ctrl-u'], scopes: scrolling, group: 'move'},
	{id: 'page-down', keys: ['PgDn', 'ctrl-f'], scopes: scrolling, group: 'move'},
	{id: 'page-up', keys: ['PgUp', 'ctrl-b'], scopes: scrolling, group: 'move'},
	{id: 'top', keys: ['g', 'Home'], scopes: scrolling, group: 'move'},
	{id: 'bottom', keys: ['G', 'End'], scopes: scrolling, group: 'move'},
	{id: 'next-pane', keys: ['tab'], scopes: ['browse'], group: 'move', hint: 60},
	{id: 'previous-pane', keys: ['shift-tab'], scopes: ['browse'], group: 'move'},
	{id: 'open', keys: ['enter'], scopes: ['browse'], group: 'look', hint: 50, disabledReason: whyNotOpen},
	{
		id: 'stage-left',
		keys: ['←', 'h'],
		scopes: ['browse'],
		group: 'look',
		disabledReason: (s) => whyNotWalk(s, -1),
	},
	{
		id: 'stage-right',
		keys: ['→', 'l'],
		scopes: ['browse'],
		group: 'look',
		disabledReason: (s) => whyNotWalk(s, 1),
	},
	{id: 'diff', keys: ['d'], scopes: ['browse'], group: 'look', hint: 40, disabledReason: whyNotDiff},
	{
		id: 'filter',
		keys: ['/'],
		scopes: ['browse', 'diff', 'checkpoints'],
		group: 'look',
		hint: 70,
		disabledReason: whyNotFilter,
	},
	{
		id: 'clear-filter',
		keys: ['esc'],
		scopes: ['browse'],
		group: 'look',
		hint: 35,
		disabledReason: whyNotClear,
	},
	{
		id: 'view-list',
		keys: ['1'],
		scopes: ['browse'],
		group: 'look',
		hint: 91,
		disabledReason: (s) => whyNotView(s, 'list'),
	},
	{
		id: 'view-sequence',
		keys: ['2'],
		scopes: ['browse'],
		group: 'look',
		hint: 92,
		disabledReason: (s) => whyNotView(s, 'sequence'),
	},
	{
		id: 'view-statistics',
		keys: ['3'],
		scopes: ['browse'],
		group: 'look',
		hint: 93,
		disabledReason: (s) => whyNotView(s, 'statistics'),
	},
	{
		id: 'statistics-order',
		keys: ['s'],
		scopes: ['traffic'],
		group: 'look',
		hint: 30,
		disabledReason: whyNotSort,
	},
	{id: 'wide', keys: ['z'], scopes: ['browse'], group: 'look', disabledReason: whyNotWide},
	{id: 'only-this', keys: ['o'], scopes: ['traffic', 'connections'], group: 'look', hint: 96},
	{id: 'not-this', keys: ['x'], scopes: ['traffic'], group: 'look', hint: 97, disabledReason: whyNotHide},
	{id: 'saved-filters', keys: ['@'], scopes: ['browse'], group: 'look'},
	{id: 'save-filter', keys: ['S'], scopes: ['browse'], group: 'look', disabledReason: whyNotSave},
	{id: 'pause', keys: ['space'], scopes: ['browse'], group: 'look', hint: 91},
	{id: 'freeze', keys: ['f'], scopes: ['browse'], group: 'act', hint: 10, disabledReason: whyNotFreeze},
	{id: 'next', keys: ['n'], scopes: ['browse'], group: 'act', hint: 1, disabledReason: whyNotDecide},
	{id: 'continue', keys: ['c'], scopes: ['browse'], group: 'act', hint: 2, disabledReason: whyNotDecide},
	{id: 'abort', keys: ['a'], scopes: ['browse'], group: 'act', hint: 3, disabledReason: whyNotAbort},
	{id: 'thaw', keys: ['t'], scopes: ['browse'], group: 'act', hint: 5, disabledReason: whyNotThaw},
	{
		id: 'waiting',
		keys: ['w'],
		scopes: ['browse', 'waiting'],
		group: 'look',
		hint: 20,
		disabledReason: whyNotWaiting,
	},
	{
		id: 'policy',
		keys: ['p'],
		scopes: ['browse', 'waiting'],
		group: 'act',
		hint: 30,
		disabledReason: whyNotPolicy,
	},
	{id: 'checkpoints', keys: ['C'], scopes: ['browse'], group: 'look', hint: 55},
	{
		id: 'checkpoint-thaw',
		keys: ['t'],
		scopes: ['checkpoints'],
		group: 'act',
		hint: 1,
		disabledReason: whyNotThawIt,
	},
	{
		id: 'checkpoint-diff',
		keys: ['d'],
		scopes: ['checkpoints'],
		group: 'look',
		hint: 2,
		disabledReason: whyNotCompare,
	},
	{id: 'pack', keys: ['p'], scopes: ['checkpoints'], group: 'act', hint: 3, disabledReason: whyNotPack},
	{id: 'send', keys: ['s'], scopes: ['checkpoints'], group: 'act', hint: 4, disabledReason: whyNotSend},
	{
		id: 'interrupt',
		keys: ['a'],
		scopes: ['checkpoints'],
		group: 'act',
		hint: 0,
		disabledReason: whyNotInterrupt,
	},
	{id: 'remove', keys: ['x'], scopes: ['checkpoints'], group: 'act', hint: 5, disabledReason: whyNotRemove},
	{id: 'repair', keys: ['R'], scopes: ['checkpoints'], group: 'act', hint: 7, disabledReason: whyNotRepair},
	{
		id: 'checkpoint-open',
		keys: ['enter'],
		scopes: ['checkpoints'],
		group: 'look',
		hint: 6,
		disabledReason: whyNotChosen,
	},
	{id: 'close-checkpoints', keys: ['esc', 'q', 'C'], scopes: ['checkpoints'], group: 'answer', hint: 8},
	{
		id: 'thaw-connection',
		keys: ['r'],
		scopes: ['confirm'],
		group: 'answer',
		hint: 3,
		disabledReason: whyNotConnection,
	},
	{
		id: 'thaw-in-spite',
		keys: ['space'],
		scopes: ['confirm'],
		group: 'answer',
		hint: 1,
		disabledReason: whyNotInSpite,
	},
	{id: 'form-next', keys: ['enter'], scopes: ['form'], group: 'answer', hint: 1},
	{id: 'form-down', keys: ['tab', '↓'], scopes: ['form'], group: 'answer', hint: 2},
	{id: 'form-up', keys: ['shift-tab', '↑'], scopes: ['form'], group: 'answer'},
	{id: 'form-erase', keys: ['backspace'], scopes: ['form'], group: 'answer'},
	{id: 'form-erase-all', keys: ['ctrl-u'], scopes: ['form'], group: 'answer', hint: 3},
	{id: 'form-close', keys: ['esc'], scopes: ['form'], group: 'answer', hint: 4},
	{
		id: 'freeze-policy',
		keys: ['p'],
		scopes: ['confirm'],
		group: 'answer',
		hint: 3,
		disabledReason: whyNotChoosePolicy,
	},
	{id: 'yes', keys: ['y'], scopes: ['confirm'], group: 'answer', hint: 1, disabledReason: whyNotYes},
	{id: 'no', keys: ['n', 'esc', 'q'], scopes: ['confirm'], group: 'answer', hint: 2},
	{
		id: 'filter-keep',
		keys: ['enter'],
		scopes: ['filter'],
		group: 'answer',
		hint: 1,
		disabledReason: filterProblem,
	},
	{id: 'filter-undo', keys: ['esc'], scopes: ['filter'], group: 'answer', hint: 2},
	{id: 'filter-erase', keys: ['backspace'], scopes: ['filter'], group: 'answer'},
	{id: 'filter-erase-all', keys: ['ctrl-u'], scopes: ['filter'], group: 'answer', hint: 3},
	{
		id: 'use-filter',
		keys: ['enter'],
		scopes: ['filters'],
		group: 'answer',
		hint: 1,
		disabledReason: whyNotUse,
	},
	{
		id: 'forget-filter',
		keys: ['x'],
		scopes: ['filters'],
		group: 'answer',
		hint: 2,
		disabledReason: whyNotUse,
	},
	{id: 'reveal', keys: ['u'], scopes: ['details'], group: 'look', hint: 1, disabledReason: whyNotReveal},
	{id: 'moment-left', keys: ['←', 'h'], scopes: ['diff'], group: 'look', hint: 1},
	{id: 'moment-right', keys: ['→', 'l'], scopes: ['diff'], group: 'look', hint: 2},
	{id: 'diff-side', keys: ['tab', 'shift-tab'], scopes: ['diff'], group: 'look', hint: 3},
	{id: 'section-left', keys: ['[', ','], scopes: ['diff'], group: 'look', hint: 5},
	{id: 'section-right', keys: [']', '.'], scopes: ['diff'], group: 'look', hint: 4},
	{id: 'jump', keys: ['enter'], scopes: ['diff'], group: 'look', hint: 6, disabledReason: whyNotJump},
	{id: 'copy', keys: ['y'], scopes: ['diff'], group: 'look', hint: 7},
	{
		id: 'close',
		keys: ['esc', 'q', 'enter'],
		scopes: ['help', 'details', 'waiting'],
		group: 'answer',
		hint: 9,
	},
	{id: 'close-filters', keys: ['esc', 'q'], scopes: ['filters', 'diff'], group: 'answer', hint: 8},
	{id: 'help', keys: ['?'], scopes: ['browse', 'checkpoints', 'help'], group: 'program', hint: 95},
	{id: 'quit', keys: ['q', 'ctrl-c'], scopes: ['browse'], group: 'program', hint: 90},
];

/** The scopes that are listened to now, the most special first. */
export function scopesOf(state: ScreenState): Scope[] {
	if (state.editing) return ['filter'];
	switch (state.modal?.kind) {
		case undefined:
			return [state.focus, 'browse'];
		case 'help':
			return ['help'];
		case 'filters':
			return ['filters'];
		case 'diff':
			return ['diff'];
		case 'waiting':
			return ['waiting'];
		case 'checkpoints':
			return ['checkpoints'];
		case 'form':
			return ['form'];
		case 'connection':
		case 'message':
		case 'checkpoint':
			return ['details'];
		default:
			return ['confirm'];
	}
}

export function findBinding(state: ScreenState, key: string): KeyBinding | undefined {
	for (const scope of scopesOf(state)) {
		const found = keyTable.find((binding) => binding.scopes.includes(scope) && binding.keys.includes(key));
		if (found) return found;
	}
	return undefined;
}

/** What the hint line offers now: keys that can act, in the table's order of importance. */
export function hintsOf(state: ScreenState): KeyBinding[] {
	const scopes = scopesOf(state);
	return keyTable
		.filter((binding) => binding.hint !== undefined && binding.scopes.some((scope) => scopes.includes(scope)))
		.filter((binding) => binding.disabledReason?.(state) === undefined)
		.sort((a, b) => (a.hint ?? 0) - (b.hint ?? 0));
}
