import test from 'ava';
import {Fault} from '../../../src/common/fault.js';
import {setLanguage} from '../../../src/i18n/index.js';
import {createController} from '../../../src/tui/app.js';
import type {CheckpointEntry} from '../../../src/tui/checkpoints/feed.js';
import type {Modal} from '../../../src/tui/state/modals.js';
import {widthOf} from '../../../src/tui/text.js';
import {drawScreen} from '../../support/app.js';
import {openCheckpoints} from '../../support/checkpoints-window.js';
import {everyKind, manyEntries} from '../../support/fake-checkpoints.js';
import {FakePort} from '../../support/fake-port.js';
import {keys} from '../../support/pty.js';

test('C lists all with state, age, size and place; the chosen one is told of in full', async (t) => {
	const {see, press, choose} = await openCheckpoints(t);
	await see(/▸ ❄ org\.example\.Held +frozen, held +\d+ d +2\.4 MB +here/);
	await see(/❄ org\.example\.Elsewhere +frozen, held .* other bus/);
	await see(/❄ org\.example\.Alone +frozen, no keeper/);
	await see(/next thaw +with the connections that its keeper holds/);
	await see(/✔ files, images and process numbers are as they must be/);
	await choose('Elsewhere');
	// What comes from a manifest cannot steer the terminal.
	await see(/bus +unix:path=\/run\/other\\e\[2J \(not the bus of this screen\)/);
	await choose('Pipes');
	await see(/next thaw +not possible:[\s\S]*1203\/1/);
	await choose('Received');
	await press(keys.enter, /came from +packed on far, 2025-01-01 10:00:00/);
	await press(keys.esc, /▸ ❄ org\.example\.Received/);
	await choose('Broken');
	await see(/✖ Broken +unreadable[\s\S]*manifest\.json: cut/);
	await press('q', /Traffic/);
});

test('checks that hang block nothing; what they find is told with what to do', async (t) => {
	const {see, press, feed} = await openCheckpoints(t);
	await see(/as they must be/);
	feed.isStuck = true;
	await press('j', /▸ ❄ org\.example\.Elsewhere[\s\S]*looking at files/);
	await press('k', /▸ ❄ org\.example\.Held/);
	await press('q', /Traffic/);
	const found = await openCheckpoints(t);
	const changed = [{path: '/usr/lib/libc.so.6', problem: 'other-build'} as const];
	found.feed.found = {
		faults: [new Fault('files-changed', {files: changed}, {processState: 'frozen'}).toJSON()],
		grown: ['/var/log/a.log'],
		leftBehind: ["a dead keeper's socket"],
	};
	await found.press('j', /checks +✖ .*libc\.so\.6/);
	await found.press(
		keys.enter,
		/\/var\/log\/a\.log has grown[\s\S]*left behind +a dead keeper's socket; R puts it right/,
	);
	await found.press(keys.esc, /▸ ❄ org\.example\.Elsewhere/);
	await found.press('t', /Thaw org\.example\.Elsewhere\?[\s\S]*libc\.so\.6/);
});

test('t asks in the words of the mode, and thaws with the connections that are held or with new ones', async (t) => {
	const {see, press, port, choose} = await openCheckpoints(t);
	const session = port.keep('/state/checkpoints/Held');
	await press('t', /Thaw org\.example\.Held\?[\s\S]*the same bus connection[\s\S]*◉ the one that is held/);
	await press('n', /▸ ❄ org\.example\.Held/);
	await press('t', /y thaws it/);
	await press('r', /◉ a new one/);
	await see(/given up/);
	await press('y', /◉ pre-restore/);
	t.true(session.log.includes('thaw reconnect'));
	await press('c', /context preserved/);
	await press('C', /Checkpoints/);
	await choose('Alone');
	await press('t', /old[\s\S]*connection is gone/);
	await press('r', /The old connection is gone: there is only a new one/);
	// The fake has nobody to thaw it: that is told where it was asked.
	await press('y', /Thaw org\.example\.Alone\?[\s\S]*no such session[\s\S]*y tries again/);
	await press('n', /▸ ❄ org\.example\.Alone/);
	await choose('Pipes');
	await press('t', /pipe 1203\/1/);
});

test('one of another bus is no connection of this one, and its thaw says where it comes back', async (t) => {
	const {press, see, port, choose, frame} = await openCheckpoints(t, {peers: []});
	port.keep('/state/checkpoints/Elsewhere');
	await choose('Elsewhere');
	await press('t', /It belongs to another bus, unix:path=\/run\/other\\e\[2J/);
	await press('y', /◉ pre-restore/);
	await see(/Nothing is connected/);
	t.notRegex(frame(), /❄ 1 frozen|── ❄/);
	await press('c', /context preserved/);
});

test('p asks for a file and a passphrase that is not shown, packs with a bar, and tells what came of it', async (t) => {
	const {see, press, frame, feed, log} = await openCheckpoints(t);
	await press('p', /Pack org\.example\.Held into a file\?[\s\S]*▸ file +\/root\/Held\.dbusfreeze▏/);
	await press('\u0015', /▸ file +▏/);
	await press('/root/q y', /▸ file +\/root\/q y▏/);
	await press(keys.enter, /▸ passphrase +▏/);
	await press('secret', /▸ passphrase +••••••▏/);
	await press(keys.enter, /▸ once more/);
	await press(keys.enter, /These are two different passphrases/);
	// Both are asked for again.
	await see(/▸ passphrase +▏/);
	await press('secret', /▸ passphrase +••••••▏/);
	await press(keys.tab, /▸ once more/);
	await press('secret', /▸ once more +••••••▏/);
	t.notRegex(frame(), /secret/);
	await press(keys.enter, /packing org\.example\.Held → \/root\/q y/);
	t.is(
		log.at(-1)?.startsWith('look') ? log.findLast((line) => line.startsWith('pack')) : log.at(-1),
		'pack Held /root/q y secret',
	);
	feed.work?.onProgress({phase: 'pack', done: 42_000_000, total: 100_000_000});
	await see(/█+░+ +42 % {2}42 MB \/ 100 MB/);
	await see(/packing 42 %/);
	// One thing at a time.
	await press('s', /First let org\.example\.Held finish, or interrupt it \(a\)/);
	await press('t', /First let org\.example\.Held finish/);
	await press('q', /Traffic/);
	await see(/packing 42 %/);
	await press('q', /Quit\?[\s\S]*is being packed\. Leaving stops that/);
	await press('n', /Traffic/);
	feed.work?.finish(['Held is packed into /root/q y.', 'It holds a secret.']);
	await press('C', /Checkpoints/);
	await see(/Checkpoints/);
	t.notRegex(frame(), /packing/);
});

test('a interrupts; what fails is told, and what was typed wrong can be mended', async (t) => {
	const {see, press, feed, frame} = await openCheckpoints(t);
	const begin = async () => {
		await press('p', /▸ file/);
		await press(keys.enter, /▸ passphrase/);
		await press(keys.enter, /▸ once more/);
		await press(keys.enter, /packing org\.example\.Held/);
	};
	await press('a', /Nothing is being packed or sent/);
	await begin();
	await press('a', /Interrupted: nothing of the file was kept/);
	await begin();
	feed.work?.fail(new Fault('output-exists', {path: '/root/Held.dbusfreeze'}));
	await see(/▸ file +\/root\/Held\.dbusfreeze▏[\s\S]*\/root\/Held\.dbusfreeze .*exists/);
	await press('2', /▸ file +\/root\/Held\.dbusfreeze2▏/);
	await press(keys.esc, /▸ ❄ org\.example\.Held/);
	await begin();
	feed.work?.fail(new Fault('disk-full', {path: '/root/Held.dbusfreeze'}));
	await see(/There is no space left for \/root\/Held\.dbusfreeze/);
	await begin();
	feed.work?.finish(['Held is packed into \u001b[2Jx.', 'It holds a secret.']);
	await see(/Held is packed into \\e\[2Jx\.[\s\S]*It holds a secret/);
	await press('j', /▸ ❄ org\.example\.Elsewhere/);
	t.notRegex(frame(), /Held is packed/);
});

test('s asks for a machine and moves it there', async (t) => {
	const {see, press, feed, log, choose} = await openCheckpoints(t);
	await press('s', /Move org\.example\.Held to another machine\?[\s\S]*▸ user@host/);
	await press(keys.enter, /▸ command there +dbusfreeze-tui▏/);
	await press(keys.enter, /Name a machine/);
	await press('root@far', /▸ user@host +root@far▏/);
	await press(keys.up, /▸ command there/);
	await press(keys.enter, /packing before sending org\.example\.Held → root@far/);
	t.true(log.includes('send Held root@far dbusfreeze-tui'));
	feed.work?.onProgress({phase: 'send', done: 1_000_000, total: 4_000_000});
	await see(/sending org\.example\.Held → root@far[\s\S]*25 %/);
	feed.work?.finish(['Held is now on root@far (4.0 MB sent).']);
	await see(/Held is now on root@far/);
	await choose('Over');
	await press('s', /It is not frozen: there is nothing to move/);
	await choose('Broken');
	await press('p', /It cannot be read; x deletes it/);
});

test('x says what is lost, and only y deletes', async (t) => {
	const {press, see, log, choose, frame} = await openCheckpoints(t);
	await press('x', /Delete org\.example\.Held\?[\s\S]*lost for good, and the bus sees it disconnect/);
	await press('n', /▸ ❄ org\.example\.Held/);
	await choose('Moved');
	await press('x', /It lives on root@far: only the copy here is deleted/);
	await press('n', /▸ → org\.example\.Moved/);
	await choose('Over');
	await press('x', /Nothing of it is frozen/);
	await press('n', /▸ ✔ org\.example\.Over/);
	await choose('Broken');
	await press('x', /What is in it cannot be told[\s\S]*\/state\/checkpoints\/Broken/);
	await press('y', /Broken is deleted/);
	await see(/▸ ✔ org\.example\.Over/);
	t.true(log.includes('remove Broken'));
	t.is(log.filter((line) => line.startsWith('remove')).length, 1);
	await press('R', /Repair the checkpoints\?/);
	await press('y', /Alone: repaired/);
	t.notRegex(frame(), /Broken/);
});

test('what was deleted is no longer shown as frozen, nor is its story', async (t) => {
	const [held] = everyKind();
	const parts = await openCheckpoints(t, {frozenBefore: true}, [
		{...(held as CheckpointEntry), checkpoint: '/var/lib/dbusfreeze/counter-1'},
	]);
	await parts.see(/❄ 1 frozen/);
	await parts.press('d', /Comparison|never frozen to the end/);
	await parts.press(keys.esc, /▸ ❄ org\.example\.Held/);
	const [session] = parts.port.sessions;
	if (session) session.frozen = false;
	await parts.press('x', /Delete org\.example\.Held/);
	await parts.press('y', /Held is deleted/);
	await parts.press('q', /Nothing frozen from here yet/);
	t.notRegex(parts.frame(), /❄/);
});

test('d compares what was kept of one that is over, and comes back', async (t) => {
	const {press, port, feed, choose, log} = await openCheckpoints(t);
	const past = port.keep('/state/checkpoints/Over');
	past.thaw({});
	past.continueAll();
	feed.past = past;
	await choose('Over');
	await press('d', /Comparison {2}before │ restored|Comparison {2}before │ after/);
	t.true(log.includes('review Over'));
	await press(keys.esc, /▸ ✔ org\.example\.Over/);
	await choose('Broken');
	await press('d', /It cannot be read/);
});

test('read-only looks and changes nothing', async (t) => {
	const {press, see, log} = await openCheckpoints(t, {readOnly: true});
	await see(/as they must be/);
	for (const key of ['t', 'p', 's', 'x', 'R']) {
		await press(key, /This screen is read-only: nothing can be changed from here/);
		await press(keys.enter, /folder +\/state/);
		await press(keys.esc, /▸ ❄ org\.example\.Held/);
	}
	t.true(
		log.every((line) => line.startsWith('look')),
		log.join(', '),
	);
});

test('five hundred scroll and are filtered; none and a listing that fails say so', async (t) => {
	const {press, see} = await openCheckpoints(t, {}, manyEntries(500));
	await press('G', /▸ ❄ org\.example\.Number499/);
	await press('k', /▸ ❄ org\.example\.Number498/);
	await press('g', /▸ ❄ org\.example\.Number0 /);
	await press(keys.pageDown, /▸ ❄ org\.example\.Number[1-9]/);
	await press('/', /filter: words/);
	await press('number42', /11 checkpoints/);
	await press(keys.enter, /╰─ \/number42 ─/);
	await press('/', /filter: words/);
	await press('\u0015zzz', /No checkpoint matches the filter/);
	await press(keys.esc, /11 checkpoints/);
	await see(/▸ ❄ org\.example\.Number42/);
	const none = await openCheckpoints(t, {}, []);
	await none.see(/There are no checkpoints\. f freezes/);
	await none.press('t', /No checkpoint is chosen/);
	none.feed.failure = new Fault('not-live', {});
	await none.press('q', /Traffic/);
	await none.press('C', /A capture tells only/);
});

const smallest = [80, 24] as const;
const largest = [200, 50] as const;

for (const language of ['en', 'zh-CN'] as const) {
	test.serial(`nothing is wider or taller than the terminal (${language})`, (t) => {
		t.teardown(() => setLanguage('en'));
		setLanguage(language);
		for (const entries of [[], everyKind().slice(0, 1), everyKind(), manyEntries(500)]) {
			const controller = createController(new FakePort());
			const {store} = controller;
			store.dispatch({type: 'checkpoints', list: entries});
			const from = {kind: 'checkpoints', at: 0, scroll: 0} as const;
			const [entry = everyKind()[0]] = entries;
			if (!entry) throw new Error('no entry');
			const windows: Modal[] = [
				from,
				{kind: 'checkpoints', at: 400, scroll: 390},
				{kind: 'checkpoint', name: entry.name, scroll: 0, from},
				{
					kind: 'thaw',
					checkpoint: entry.checkpoint,
					label: 'x'.repeat(200),
					mode: 'held',
					reconnect: true,
					bus: 'unix:path=/x',
					from,
				},
				...everyKind().map((one): Modal => ({kind: 'remove', entry: one, from})),
				{kind: 'repair', from},
				{
					kind: 'form',
					form: 'pack',
					entry,
					values: ['/a'.repeat(90), 'p'.repeat(99), ''],
					at: 0,
					problem: 'no',
					from,
				},
				{kind: 'form', form: 'send', entry, values: ['中文@主机'.repeat(30), ''], at: 0, from},
			];
			for (const job of [undefined, 'pack', 'send'] as const) {
				const progress = {phase: 'send', done: 1_234_567_890, total: 9_876_543_210} as const;
				const to = '/中文/'.repeat(60);
				store.dispatch({
					type: 'job',
					job: job && {
						kind: job,
						name: entry.name,
						title: entry.name,
						to,
						progress,
						perSecond: 123_456_789,
						stopping: false,
					},
				});
				store.dispatch({
					type: 'outcome',
					outcome: job ? undefined : {lines: ['一句很长的话。'.repeat(60), 'x'], tone: 'bad'},
				});
				// The list itself has every length; what lies over it does not depend on that.
				for (const modal of job || entries.length !== everyKind().length ? windows.slice(0, 2) : windows) {
					store.dispatch({type: 'modal', modal});
					// A question fits everywhere if it fits into the smallest.
					const isLarge = modal.kind === 'checkpoints' || modal.kind === 'checkpoint';
					for (const [columns, rows] of isLarge ? [smallest, largest] : [smallest]) {
						const lines = drawScreen(controller, {columns, rows}).split('\n');
						const what = `${entries.length} ${modal.kind} ${columns}×${rows}`;
						t.true(lines.length <= rows, `${what}: ${lines.length} rows`);
						for (const line of lines) t.true(widthOf(line) <= columns, `${what}:\n${line}`);
					}
				}
			}
		}
	});
}
