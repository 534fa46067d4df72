import test, {type ExecutionContext} from 'ava';
import {Fault} from '../../../src/common/fault.js';
import {openApp} from '../../support/app.js';
import type {FakePortOptions} from '../../support/fake-port.js';
import {keys} from '../../support/pty.js';

/** Frozen, with the policy that was there. */
async function frozen(t: ExecutionContext, options: FakePortOptions = {}) {
	const parts = openApp(t, options);
	await parts.see(/Connections/);
	await parts.press('f', /y freezes it/);
	await parts.press('y', /◉ pre-dump/);
	await parts.press('c', /; 12 messages \(3\.2 kB\) wait/);
	const [session] = parts.port.sessions;
	if (!session) throw new Error('no session');
	return {...parts, session};
}

test('w lists what waits: how much, how long, from whom, what; w or esc closes it', async (t) => {
	const {press, see, session, frame} = await frozen(t);
	await press('w', /Waiting {2}org\.dbusfreeze\.Demo\.Counter/);
	await see(/12 messages wait, 3\.2 kB · the oldest for \d+ s/);
	await see(/in socket +caller +→ Counter\.Add +200 B/);
	await see(/≋ Clock\\e\[2J\.Tick1 +\+2 fd 201 B/);
	await see(/≋ Clock\\e\[2J\.Tick2 +1 descriptor lost, cannot be delivered 202 B/);
	session.tellWaiting(13, {stashed: 13, oldest: Date.now() - 90_000});
	await see(/13 messages wait, 3\.3 kB · the oldest for 1 min · all on disk/);
	await see(/\d\d:\d\d:\d\d\.000 +caller +→ Counter\.Add +200 B/);
	await press('w', /Stages/);
	t.notRegex(frame(), /the oldest for/);
	await press('w', /the oldest for/);
	await press(keys.esc, /Traffic/);
	t.notRegex(frame(), /the oldest for/);
});

test('a hundred thousand messages scroll; only what is in view is fetched', async (t) => {
	const {press, see, session} = await frozen(t);
	session.tellWaiting(100_000);
	await press('w', /1–\d+ of 100000/);
	await press('G', /–100000 of 100000/);
	await see(/Tick99998|Tick99997/);
	await press('k', /–99999 of 100000/);
	await press('g', /1–\d+ of 100000/);
	await press(keys.pageDown, /Tick20/);
	const pages = session.log.filter((entry) => entry.startsWith('waiting'));
	t.true(pages.length < 20, pages.join(', '));
	t.true(pages.every((entry) => Number(entry.split(' ')[2]) < 60));
});

test('p asks, changes the policy, and goes back to where it was asked', async (t) => {
	const {press, see, session} = await frozen(t);
	await press('w', /· calls wait/);
	await press(
		'p',
		/Refuse calls to org\.dbusfreeze\.Demo\.Counter\?[\s\S]*Calls among the 12 messages that wait/,
	);
	await press('n', /the oldest for/);
	t.false(session.log.includes('refuse'));
	await press('p', /y refuses calls/);
	await press('y', /Calls to org\.dbusfreeze\.Demo\.Counter are refused from now on/);
	await see(/· calls are refused/);
	session.tellWaiting(12, {policy: 'refuse', refused: 7});
	await see(/calls are refused · 7 calls refused/);
	await press(keys.esc, /is frozen; calls refused: 7; 12 messages \(3\.0 kB\) wait/);
	await see(/refusing · 12 waiting/);
	await press('p', /Let calls to org\.dbusfreeze\.Demo\.Counter wait\?[\s\S]*mostly 25 s/);
	await press('y', /Calls to org\.dbusfreeze\.Demo\.Counter wait from now on/);
	await see(/its names still owned/);
	t.deepEqual(
		session.log.filter((entry) => entry === 'queue' || entry === 'refuse'),
		['refuse', 'queue'],
	);
});

test('a change that fails says why in its place, and can be tried again', async (t) => {
	const {press, see, session} = await frozen(t);
	session.policyFault = new Fault(
		'cannot-refuse',
		{uniqueName: ':1.7', reason: 'half'},
		{processState: 'frozen'},
	);
	await press('p', /y refuses calls/);
	await press('y', /cannot be refused: the service was stopped while it was writing[\s\S]*y tries again/);
	session.policyFault = undefined;
	await press('y', /are refused from now on/);
	await see(/refusing · 12 waiting/);
});

test('the policy can be chosen in the question before a freeze', async (t) => {
	const {press, see, port} = openApp(t);
	await see(/Connections/);
	await press(
		'f',
		/While frozen: {2}◉ calls wait for the thaw {2}○ calls get an error at once[\s\S]*p chooses what calls get/,
	);
	await press('p', /○ calls wait for the thaw {2}◉ calls get an error at once/);
	await press('y', /◉ pre-dump/);
	t.deepEqual(port.sessions[0]?.log, ['refuse']);
	await press('p', /First finish org\.dbusfreeze\.Demo\.Counter: it waits at pre-dump/);
});

test('trouble is said on the main screen and explained in the window', async (t) => {
	const {press, see, session} = await frozen(t);
	session.tellWaiting(900, {drain: 'disk-full', stashed: 800});
	await see(/❄ org\.dbusfreeze\.Demo\.Counter is frozen, but the disk is full\. w says more/);
	await see(/│ +the disk is full +│/);
	await press('w', /The disk is full\. Nothing is lost, but nothing more is taken/);
});

test('after the thaw: what was delivered', async (t) => {
	const {press, see} = await frozen(t);
	await press('t', /y thaws it/);
	await press('y', /◉ pre-restore/);
	await press('c', /context preserved; away for 3\.1 s; 12 delivered/);
	await press('w', /✔ The thaw delivered 12 messages \(3\.2 kB\) that had waited/);
	await press('p', /It is thawed: there is nothing to choose/);
	await press(keys.esc, /Traffic/);
	await see(/context preserved/);
});

test('read-only looks, and changes nothing', async (t) => {
	const {press, see, port} = openApp(t, {readOnly: true, frozenBefore: true});
	await see(/❄ 1 frozen/);
	await press('w', /12 messages wait/);
	await press('p', /This screen is read-only/);
	t.false(port.sessions[0]?.log.includes('refuse'));
});

test('where nothing is frozen the keys say so', async (t) => {
	const {press, see} = openApp(t);
	await see(/Connections/);
	await press('w', /Nothing is frozen/);
	await press('p', /Nothing is frozen/);
});
