import test from 'ava';
import type {SessionEvent} from '../../src/session/events.js';
import {foldSession, newSessionView, type SessionView, stageCells} from '../../src/tui/session-view.js';
import {FakePort} from '../support/fake-port.js';

/** Plays decisions and folds every event; the views after each of them. */
async function play(
	decide: (handle: Awaited<ReturnType<FakePort['freeze']>>) => void,
): Promise<SessionView[]> {
	const handle = await new FakePort().freeze();
	decide(handle);
	const events: SessionEvent[] = [];
	const reading = handle.events[Symbol.asyncIterator]();
	for (;;) {
		const next = await Promise.race([
			reading.next(),
			new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
		]);
		if (!next || next.done) break;
		events.push(next.value);
	}
	const views = [newSessionView(handle.checkpoint)];
	for (const event of events) views.push(foldSession(views.at(-1) as SessionView, event));
	return views;
}

const bar = (view: SessionView | undefined): string =>
	view
		? stageCells(view)
				.map(({name, status}) => `${name}:${status}`)
				.join(' ')
		: '';

test('the bar looks ahead, stands at the gate, and keeps what came unannounced', async (t) => {
	const views = await play(() => undefined);
	t.is(
		bar(views[1]),
		'snapshot:running hold:pending pre-dump:pending post-dump:pending frozen:pending pre-restore:pending post-restore:pending pre-resume:pending post-resume:pending',
	);
	t.regex(bar(views.at(-1)), /^snapshot:done hold:done pre-dump:waiting post-dump:pending frozen:pending/);
});

test('frozen is a place of its own between dump and restore', async (t) => {
	const views = await play((handle) => handle.continueAll());
	const last = views.at(-1);
	t.regex(bar(last), /post-dump:done frozen:done pre-restore:pending/);
	t.is(last?.session.waitingBytes, 3212);
	t.truthy(last?.frozenAt);
	t.true(stageCells(last as SessionView).find(({name}) => name === 'post-dump')?.commitPoint);
});

test('each stage knows its own snapshot, whenever that was written', async (t) => {
	const last = (
		await play((handle) => {
			handle.continueAll();
			handle.thaw({}, () => {});
			handle.continueAll();
		})
	).at(-1) as SessionView;
	t.is(
		bar(last),
		'snapshot:done hold:done pre-dump:done post-dump:done frozen:done pre-restore:done post-restore:done pre-resume:done post-resume:done',
	);
	const moments = Object.fromEntries(stageCells(last).map(({name, moment}) => [name, moment]));
	t.like(moments, {
		snapshot: 'before',
		frozen: 'image',
		'pre-resume': 'pre-resume',
		'post-resume': 'after',
	});
});

test('an abort is marked where it happened', async (t) => {
	const freezeAborted = (await play((handle) => handle.decide('abort'))).at(-1);
	t.is(bar(freezeAborted), 'snapshot:done hold:done pre-dump:aborted');
	const thawAborted = (
		await play((handle) => {
			handle.continueAll();
			handle.thaw({}, () => {});
			handle.decide('abort');
		})
	).at(-1);
	t.regex(bar(thawAborted), /frozen:done pre-restore:aborted/);
	t.is(thawAborted?.session.phase, 'frozen');
});
