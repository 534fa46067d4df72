import test from 'ava';
import type {Waiting, WaitingMessage} from '../../../src/dbus/held/service.js';
import {setLanguage} from '../../../src/i18n/index.js';
import type {SessionEventBody} from '../../../src/session/events.js';
import {foldSession, newSessionView, type SessionView} from '../../../src/tui/session-view.js';
import {type Row, rowWidth} from '../../../src/tui/spans.js';
import {headerRow, messageRow} from '../../../src/tui/waiting/message-rows.js';
import {summaryRows, troubleOf} from '../../../src/tui/waiting/summary-rows.js';
import {FakePort} from '../../support/fake-port.js';

const now = Date.UTC(2025, 0, 1);
const text = (rows: readonly Row[]): string[] => rows.map((row) => row.map((piece) => piece.text).join(''));

const waiting = (facts: Partial<Waiting>): SessionEventBody => ({
	type: 'waiting',
	policy: 'queue',
	bytes: 0,
	messages: 0,
	more: false,
	stashed: 0,
	refused: 0,
	drain: 'watching',
	...facts,
});

/** After these events, each of them five seconds after the one before; the last one five seconds ago. */
function view(...bodies: SessionEventBody[]): SessionView {
	return bodies
		.map((body, seq) => ({...body, seq, at: now - (bodies.length - seq) * 5000}))
		.reduce(foldSession, newSessionView('/checkpoint'));
}

const frozen: SessionEventBody[] = [
	{
		type: 'started',
		operation: 'freeze',
		pid: 7,
		comm: 'counter',
		names: ['org.a.B'],
		checkpoint: '/checkpoint',
	},
	{type: 'process', state: 'frozen', pid: 7},
	{type: 'finished', operation: 'freeze', result: {} as never},
];

test.serial('count, bytes, age, what is on disk, the rate, and what the keeper does with it', (t) => {
	const facts = {bytes: 3200, messages: 12, oldest: now - 12_500, stashed: 3, drain: 'draining'} as const;
	t.deepEqual(text(summaryRows(view(...frozen, waiting(facts)), now, 100)), [
		'frozen for 15 s · calls wait',
		'12 messages wait, 3.2 kB · the oldest for 12 s · 3 of them on disk',
		'0/s come in ▁▁▁▁▁',
		'Much comes: it is moved to the disk, so that no sender has to wait.',
	]);
});

test.serial('nothing, one, and more than could be counted', (t) => {
	const second = (facts: Partial<Waiting>) =>
		text(summaryRows(view(...frozen, waiting(facts)), now, 100))[1]?.split(' · ')[0];
	t.is(second({}), 'nothing waits');
	t.is(second({messages: 1, bytes: 128}), '1 message waits, 128 B');
	t.is(second({messages: 4096, bytes: 2e6, more: true}), '4096+ messages wait, 2.0 MB');
	t.is(second({messages: 0, bytes: 70}), '0 messages wait, 70 B', 'half of one has come');
});

test.serial('each reason why nothing more is taken is said plainly, and marked', (t) => {
	for (const [drain, word] of [
		['disk-full', /The disk is full\. Nothing is lost/],
		['limit', /as large as the kernel can take back/],
		['descriptors', /no more descriptors/],
		['ended', /daemon has closed the connection/],
	] as const) {
		const rows = summaryRows(view(...frozen, waiting({drain, messages: 3, bytes: 9})), now, 76);
		t.regex(text(rows).join(' '), word);
		t.is(rows.at(-1)?.[0]?.tone, 'bad');
		t.true(rows.every((row) => rowWidth(row) <= 76));
		t.truthy(troubleOf({...({} as Waiting), drain}));
	}
	for (const drain of ['watching', 'draining', 'stopped'] as const)
		t.is(troubleOf({...({} as Waiting), drain}), undefined);
});

test.serial('refused calls are counted beside the policy', (t) => {
	const refusing = view(
		...frozen,
		{type: 'policy', policy: 'refuse'},
		waiting({policy: 'refuse', refused: 43}),
	);
	t.is(text(summaryRows(refusing, now, 100))[0], 'frozen for 20 s · calls are refused · 43 calls refused');
	t.is(text(summaryRows(refusing, now, 100)).at(-1), 'All that is not refused goes to the disk.');
});

test.serial('after the thaw: what was delivered, and how many calls had been refused', (t) => {
	const thawed: SessionEventBody[] = [
		{type: 'process', state: 'running', pid: 7},
		{type: 'finished', operation: 'thaw', result: {} as never},
	];
	const handedBack = {
		type: 'handed-back',
		messages: 12_034,
		bytes: 1.2e9,
		stops: 40,
		longestStopMs: 4,
	} as const;
	const stashed = waiting({messages: 9000, bytes: 9e8, stashed: 8000, refused: 2});
	t.deepEqual(text(summaryRows(view(...frozen, stashed, handedBack, ...thawed), now, 100)), [
		'✔ The thaw delivered 12.0k messages (1.2 GB) that had waited.',
		'2 calls had been refused.',
	]);
	const inSocket = waiting({messages: 1, bytes: 128});
	t.deepEqual(text(summaryRows(view(...frozen, inSocket, ...thawed), now, 100)), [
		'✔ The thaw delivered 1 message (128 B) that had waited.',
	]);
	t.deepEqual(text(summaryRows(view(...frozen, waiting({}), ...thawed), now, 100)), [
		'✔ Thawed; nothing had waited.',
	]);
});

const {traffic} = new FakePort();
const message = (facts: Partial<WaitingMessage>): WaitingMessage => ({
	index: 0,
	at: new Date(2025, 0, 1, 12, 1, 33, 120).getTime(),
	size: 128,
	fds: 0,
	lostFds: 0,
	connection: ':1.7',
	...facts,
});
const row = (facts: Partial<WaitingMessage>, width = 76, several = false): string =>
	text([messageRow(message(facts), traffic, width, several)])[0]?.replace(/ {2,}/g, '  ') ?? '';

test.serial('a row says when, from whom, what, how large, with how many descriptors', (t) => {
	const call = {
		type: 'call',
		sender: ':1.10',
		interface: 'org.a.Counter',
		member: 'Add',
		path: '/a/b',
	} as const;
	t.is(row({...call, fds: 2}), '12:01:33.120 caller  → Counter.Add  +2 fd 128 B');
	t.is(row({...call, at: 0}), 'in socket  caller  → Counter.Add  128 B');
	t.is(row({...call, interface: undefined as never}, 60), '12:01:33  caller  → Add  128 B');
	t.regex(row(call, 150), /→ \/a\/b {2}Counter\.Add/);
	t.regex(row(call, 76, true), /→ :1\.7 {2}Counter\.Add/);
	t.regex(row({type: 'signal', sender: ':1.11', interface: 'org.a.Log', member: 'Line'}), /≋ Log\.Line/);
	t.regex(row({type: 'return', sender: ':1.10', replySerial: 9}), /← #9/);
	t.regex(row({type: 'error', errorName: 'org.a.Error.No'}), /✖ org\.a\.Error\.No/);
	t.regex(row({}), /\? part of a stream/);
	t.regex(row({...call, lostFds: 1}), /1 descriptor lost, cannot be delivered/);
});

test.serial('rows and their heading fill their width, in both languages, and steer no terminal', (t) => {
	t.teardown(() => setLanguage('en'));
	const evil = message({
		type: 'signal',
		sender: ':1.666',
		interface: 'a.b',
		member: 'x\u001b[2J\u202e',
		path: '/\u0007',
	});
	for (const language of ['en', 'zh-CN'] as const) {
		setLanguage(language);
		for (const width of [76, 116, 196]) {
			for (const several of [false, true]) {
				t.is(rowWidth(headerRow(width, several)), width);
				const drawn = messageRow(evil, traffic, width, several);
				t.is(rowWidth(drawn), width);
				// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
				t.notRegex(text([drawn])[0] ?? '', /[\u0000-\u001f\u202e]/);
			}
		}
	}
});
