import test from 'ava';
import {Fault} from '../../../src/common/fault.js';
import {setLanguage} from '../../../src/i18n/index.js';
import {createController} from '../../../src/tui/app.js';
import {frameColumns, frameRows} from '../../../src/tui/components/Pane.js';
import {questionOf} from '../../../src/tui/rows/question-rows.js';
import type {ThawQuestion} from '../../../src/tui/state/modals.js';
import {widthOf} from '../../../src/tui/text.js';
import {drawScreen, openApp} from '../../support/app.js';
import {openCheckpoints} from '../../support/checkpoints-window.js';
import {everyKind} from '../../support/fake-checkpoints.js';
import {FakePort} from '../../support/fake-port.js';
import {keys} from '../../support/pty.js';

const where = {processState: 'frozen'} as const;
const long = `/var/lib/dbusfreeze/checkpoints/${'org.example.a-long-name.'.repeat(4)}`;
const copy = new Fault('copy-lives', {checkpoint: '/c', other: '/d', standing: 'thawed'}, where);
const unit = new Fault('unit-active', {unit: 'a.service', pid: 77, state: 'active'}, where);
const cpu = new Fault('cpu-lacks', {features: ['fma4'], frozen: 'Opteron', here: 'Xeon'}, where);
const rotten = new Fault('bad-image', {path: 'pages-1.img', offset: 0, reason: 'missing'}, where);

test('one that was moved away is thawed only after the risk was taken, by a key of its own', async (t) => {
	const {see, press, port, choose, frame} = await openCheckpoints(t);
	const session = port.keep('/state/checkpoints/Moved');
	await choose('Moved');
	await press(keys.enter, /not possible: \/c was moved to root@far[\s\S]*Or t [\s\S]*asks whether/);
	await press(keys.esc, /▸ → org\.example\.Moved/);
	await press('t', /Thaw org\.example\.Moved in spite of this\?[\s\S]*▸ It was moved to another machine/);
	await see(/\/c was moved to root@far; thawing it here too would make two of it/);
	await see(/second copy of the same service[\s\S]*space takes this risk/);
	await press('t', /t does nothing here/);
	await press('y', /First see what speaks against it/);
	await press('r', /First see what speaks against it/);
	await press(keys.esc, /▸ → org\.example\.Moved/);
	// Whoever comes back has taken no risk.
	await press('t', /▸ It was moved to another machine/);
	await press('y', /First see what speaks against it/);
	await press(' ', /✔ It was moved to another machine[\s\S]*the same bus connection[\s\S]*y thaws it/);
	t.notRegex(frame(), /space takes/);
	await press(' ', /Nothing speaks against it that could be overruled/);
	await press('y', /◉ pre-restore/);
	t.deepEqual(
		session.log.filter((line) => line.startsWith('thaw')),
		['thaw force'],
	);
	t.is(port.attached, '/state/checkpoints/Moved by force');
});

test('several risks are taken one by one; only those that still are risks are told to the thaw', async (t) => {
	const {see, press, port, choose, feed, frame} = await openCheckpoints(t);
	const session = port.keep('/state/checkpoints/Alone');
	const found = (...faults: Fault[]) => {
		feed.found = {faults: faults.map((fault) => fault.toJSON()), grown: [], leftBehind: []};
	};
	found(cpu, rotten, unit, copy);
	await choose('Alone');
	await see(/checks +✖ [\s\S]*fma4/);
	await press('t', /▸ Another copy of it is here/);
	await see(/○ Another instance of its systemd unit runs[^\n]*\n[^\n]*○ This processor lacks features/);
	await press(' ', /✔ Another copy [\s\S]*▸ Another instance [\s\S]*a\.service is active[\s\S]*process 77/);
	await press(' ', /✔ Another instance [\s\S]*▸ This processor [\s\S]*fma4[\s\S]*SIGILL/);
	// The instance has ended meanwhile.
	found(cpu, rotten, copy);
	t.timeout(60_000);
	await see(/✔ Another copy of it is here[^\n]*\n[^\n]*▸ This processor/);
	await press(' ', /✔ This processor [\s\S]*y thaws it/);
	// What nobody can overrule is told as ever.
	await see(/pages-1\.img/);
	t.is(frame().match(/fma4/g)?.length ?? 0, 0);
	await press('y', /◉ pre-restore/);
	t.true(session.log.includes('thaw force otherCpu'), session.log.join());
});

test('what is found only when it is begun is asked about, too', async (t) => {
	const {press, port, choose} = await openCheckpoints(t);
	port.keep('/state/checkpoints/Alone');
	port.refusal = copy;
	await choose('Alone');
	await press('t', /y thaws it/);
	await press('y', /in spite of this\?[\s\S]*▸ Another copy of it is here[\s\S]*\/d/);
	await press(' ', /✔ Another copy of it is here[\s\S]*y thaws it/);
	await press('y', /◉ pre-restore/);
	t.is(port.attached, '/state/checkpoints/Alone by force');
});

test('so is what its keeper refuses, of one that was chosen on the main screen', async (t) => {
	const {see, press, port} = openApp(t, {frozenBefore: true});
	const [session] = port.sessions;
	if (!session) return t.fail('no session');
	session.refusal = copy;
	await see(/❄ 1 frozen/);
	await press('t', /y thaws it/);
	await press('y', /in spite of this\?[\s\S]*▸ Another copy of it is here[\s\S]*\/d/);
	await press(' ', /✔ Another copy of it is here[\s\S]*y thaws it/);
	await press('y', /◉ pre-restore/);
	t.true(session.log.includes('thaw force'));
});

for (const language of ['en', 'zh-CN'] as const) {
	test.serial(`each risk is to be seen whole in the smallest terminal (${language})`, (t) => {
		t.teardown(() => setLanguage('en'));
		setLanguage(language);
		const features = Array.from({length: 12}, (_, i) => `avx512_feature${i}`);
		const processor = 'Intel(R) Xeon(R) Platinum 8480+ CPU @ 2.00GHz';
		const all = [
			new Fault('moved', {checkpoint: long, to: 'administrator@far.example.org', thawed: false}, where),
			new Fault('copy-lives', {checkpoint: long, other: long, standing: 'frozen'}, where),
			new Fault('unit-active', {unit: `${'x'.repeat(60)}.service`, pid: 4194303, state: 'active'}, where),
			new Fault('cpu-lacks', {features, frozen: processor, here: processor}, where),
		].map((fault) => fault.toJSON());
		const [entry] = everyKind();
		if (!entry) return t.fail('no entry');
		const port = new FakePort();
		const controller = createController(port);
		const {store} = controller;
		store.dispatch({type: 'checkpoints', list: [{...entry, checkpoint: long}]});
		store.dispatch({type: 'look', name: entry.name, found: {faults: all, grown: [], leftBehind: []}});
		const from = {kind: 'checkpoints', at: 0, scroll: 0} as const;
		const asked = {kind: 'thaw', checkpoint: long, label: entry.name, mode: 'held', from} as const;
		for (let taken = 0; taken <= all.length; taken++) {
			const accepted = all.slice(0, taken).map(({code}) => code);
			const modal: ThawQuestion = {...asked, reconnect: false, accepted};
			store.dispatch({type: 'modal', modal});
			const rows = questionOf(store.get(), port, 72 - frameColumns)?.rows ?? [];
			// The question itself has two rows more, the screen a line above and one below.
			t.true(rows.length + 2 + frameRows <= 22, `${taken} taken: ${rows.length} rows`);
			const lines = drawScreen(controller, {columns: 80, rows: 24}).split('\n');
			t.true(lines.length <= 24);
			for (const line of lines) t.true(widthOf(line) <= 80, line);
		}
	});
}
