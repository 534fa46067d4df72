import {readFileSync} from 'node:fs';
import test from 'ava';
import {setLanguage} from '../../src/i18n/index.js';
import {zhCN} from '../../src/i18n/zh-CN/index.js';
import {commands} from '../../src/tui/commands.js';
import {faultSentences} from '../../src/tui/fault-text.js';
import {keyNames} from '../../src/tui/key-names.js';
import {findBinding, hintsOf, keyTable} from '../../src/tui/keys.js';
import {keysMarkdown} from '../../src/tui/keys-doc.js';
import type {Action} from '../../src/tui/state/actions.js';
import {reduce} from '../../src/tui/state/reduce.js';
import {initialState, type ScreenState} from '../../src/tui/state/state.js';
import {everyKind} from '../support/fake-checkpoints.js';
import {FakePort, peers} from '../support/fake-port.js';

const after = (...actions: Action[]): ScreenState =>
	actions.reduce(reduce, reduce(initialState(false), {type: 'peers', peers}));

/** The state after the first `count` events of a recorded freeze. */
async function freezing(count: number, extra: Action[] = []): Promise<ScreenState> {
	const handle = await new FakePort().freeze();
	const {checkpoint} = handle;
	handle.decide('continue');
	handle.decide('continue');
	let state = after(
		{type: 'select', uniqueName: ':1.7'},
		{type: 'session-opened', checkpoint, activate: true},
	);
	let seen = 0;
	for await (const event of handle.events) {
		state = reduce(state, {type: 'session-event', checkpoint, event});
		if (++seen === count) break;
	}
	return extra.reduce(reduce, state);
}

const why = (state: ScreenState, key: string): string | undefined =>
	findBinding(state, key)?.disabledReason?.(state);

test('no key means two things in one place', (t) => {
	const seen = new Map<string, string>();
	for (const {id, keys, scopes} of keyTable) {
		for (const key of keys) {
			for (const scope of scopes) {
				const place = `${scope} ${key}`;
				t.is(seen.get(place), undefined, `${place}: ${id} and ${seen.get(place)}`);
				seen.set(place, id);
			}
		}
	}
});

test('every command has a key, every key a command', (t) => {
	t.deepEqual(keyTable.map(({id}) => id as string).sort(), Object.keys(commands).sort());
});

test('docs/keys.md is what the table says', (t) => {
	const written = readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8');
	t.is(written, keysMarkdown(), 'run: npx tsx scripts/keys-doc.ts');
});

test('Ink events become the names of the table', (t) => {
	const none = {} as Parameters<typeof keyNames>[1];
	t.deepEqual(keyNames('jj k', none), ['j', 'j', 'space', 'k']);
	t.deepEqual(keyNames('', {...none, tab: true, shift: true}), ['shift-tab']);
	t.deepEqual(keyNames('u', {...none, ctrl: true}), ['ctrl-u']);
	t.deepEqual(keyNames('', {...none, delete: true}), ['backspace']);
	t.deepEqual(keyNames('记录', none), ['记', '录']);
	t.deepEqual(keyNames('\tk\r\u0004\u007f', none), ['tab', 'k', 'enter', 'ctrl-d', 'backspace']);
});

test('a thaw that is not possible is refused on the main screen in the words of the list of checkpoints', (t) => {
	const entry = everyKind().find(({next}) => next.mode === 'impossible');
	if (entry?.next.mode !== 'impossible' || !entry.facts) return t.fail('no such entry');
	const {checkpoint, next, facts} = entry;
	const {names, pid} = facts;
	const service = {
		checkpoint,
		pid,
		names: [...names],
		uniqueName: ':1.7',
		since: 0,
		keeperAlive: false,
		next,
	};
	const state = after({type: 'frozen', frozen: [service]}, {type: 'select', uniqueName: ':1.7'});
	const window = {kind: 'checkpoints', chosen: entry.name, at: 0, scroll: 0} as const;
	const listed = after({type: 'checkpoints', list: [entry]}, {type: 'modal', modal: window});
	t.is(why(state, 't'), faultSentences(next.fault).message);
	t.is(why(listed, 't'), why(state, 't'));
	const insisted = {...next, inSpite: {mode: 'held'} as const};
	const open = after(
		{type: 'frozen', frozen: [{...service, next: insisted}]},
		{type: 'select', uniqueName: ':1.7'},
	);
	t.is(why(open, 't'), undefined, 'whoever may insist is asked');
});

test('a key that cannot act says why', async (t) => {
	const nothing = after();
	t.regex(why(nothing, 'n') ?? '', /f freezes/);
	t.regex(why(nothing, 't') ?? '', /Nothing is frozen/);
	t.regex(why(nothing, 'd') ?? '', /no snapshot/);
	t.is(why(after({type: 'select', uniqueName: ':1.7'}), 'f'), undefined);
	t.regex(why(after({type: 'select', uniqueName: 'org.freedesktop.DBus'}), 'f') ?? '', /bus daemon itself/);
	t.regex(why({...nothing, readOnly: true}, 'f') ?? '', /read-only/);
	t.regex(why(after({type: 'focus', pane: 'context'}), '/') ?? '', /no filter/);

	const atPreDump = await freezing(7);
	t.is(why(atPreDump, 'n'), undefined);
	t.is(why(atPreDump, 'a'), undefined);
	t.regex(why(atPreDump, 'f') ?? '', /First finish org\.dbusfreeze\.Demo\.Counter: it waits at pre-dump/);
	t.regex(why(atPreDump, 'd') ?? '', /only one snapshot/);
	t.regex(why(await freezing(8), 'n') ?? '', /CRIU is at work/);

	const frozen = await freezing(13);
	t.regex(why(frozen, 'n') ?? '', /It is frozen/);
	t.regex(why(frozen, 'f') ?? '', /frozen already/);
	t.is(why(frozen, 't'), undefined);
	const ended = reduce(frozen, {type: 'session-ended', checkpoint: frozen.active ?? ''});
	t.is(why(ended, 't'), undefined, 'a thaw gets it another keeper');
});

test('yes means nothing before the preflight, and nothing when it says no', async (t) => {
	const asked = after({type: 'modal', modal: {kind: 'freeze', target: ':1.7', label: 'x', policy: 'queue'}});
	t.regex(why(asked, 'y') ?? '', /Still checking/);
	const report = await new FakePort({blockers: ['/dev/fuse is open']}).preflight();
	t.regex(why(reduce(asked, {type: 'preflight', target: ':1.7', report}), 'y') ?? '', /cannot be frozen/);
	const good = await new FakePort().preflight();
	t.is(why(reduce(asked, {type: 'preflight', target: ':1.7', report: good}), 'y'), undefined);
	t.is(findBinding(asked, 'f'), undefined);
});

test('the hint line offers only what can act', async (t) => {
	const ids = (state: ScreenState) => hintsOf(state).map(({id}) => id);
	t.deepEqual(ids(after({type: 'select', uniqueName: ':1.7'})).slice(0, 2), ['freeze', 'open']);
	t.deepEqual(ids(await freezing(7)).slice(0, 3), ['next', 'continue', 'abort']);
	t.is(ids(await freezing(13))[0], 'thaw');
});

test.serial('reasons are in the chosen language', (t) => {
	t.teardown(() => setLanguage('en'));
	setLanguage('zh-CN');
	t.is(why(after(), 't'), zhCN.screen.disabled.nothingFrozen);
});
