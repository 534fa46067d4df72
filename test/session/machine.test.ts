import test from 'ava';
import type {SessionEvent, SessionEventBody} from '../../src/session/events.js';
import {initialSession, reduceSession, type SessionState} from '../../src/session/machine.js';

function fold(...bodies: SessionEventBody[]): SessionState {
	return bodies
		.map((body, seq) => ({...body, seq, at: seq}) as SessionEvent)
		.reduce(reduceSession, initialSession);
}

const started = (operation: 'freeze' | 'thaw'): SessionEventBody => ({
	type: 'started',
	operation,
	pid: 7,
	comm: 'svc',
	names: ['org.example.A'],
	checkpoint: '/c',
});
const reached = (operation: 'freeze' | 'thaw', stage: string, gate: boolean): SessionEventBody => ({
	type: 'stage-reached',
	operation,
	stage,
	ms: 1,
	gate,
	abortable: true,
	commitPoint: stage === 'post-dump',
});
const decided = (
	operation: 'freeze' | 'thaw',
	stage: string,
	decision: 'continue' | 'abort',
): SessionEventBody => ({type: 'stage-decided', operation, stage, decision, by: 'operator'});
const failed = (
	operation: 'freeze' | 'thaw',
	processState: 'running' | 'frozen' | 'lost',
): SessionEventBody => ({
	type: 'failed',
	operation,
	fault: {code: 'aborted', params: {operation, by: 'operator'}, processState},
});

test('a gate waits until it is decided', (t) => {
	const waiting = fold(started('freeze'), reached('freeze', 'hold', true));
	t.is(waiting.waitingAt?.name, 'hold');
	t.is(waiting.stages[0]?.status, 'waiting');
	const passed = fold(
		started('freeze'),
		reached('freeze', 'hold', true),
		decided('freeze', 'hold', 'continue'),
	);
	t.is(passed.waitingAt, undefined);
	t.is(passed.stages[0]?.status, 'passed');
});

test('a stage without a gate is passed at once', (t) => {
	t.is(fold(started('freeze'), reached('freeze', 'hold', false)).stages[0]?.status, 'passed');
});

test('an aborted freeze leaves a running process, an aborted thaw a frozen one', (t) => {
	const freeze = fold(
		started('freeze'),
		reached('freeze', 'hold', true),
		decided('freeze', 'hold', 'abort'),
		failed('freeze', 'running'),
	);
	t.is(freeze.phase, 'aborted');
	t.is(freeze.process, 'running');
	t.is(freeze.stages[0]?.status, 'aborted');
	const thaw = fold(
		started('freeze'),
		{type: 'process', state: 'frozen', pid: 7},
		started('thaw'),
		failed('thaw', 'frozen'),
	);
	t.is(thaw.phase, 'frozen');
	t.is(thaw.process, 'frozen');
});

test('a second thaw drops the stages of the first, and keeps those of the freeze', (t) => {
	const state = fold(
		started('freeze'),
		reached('freeze', 'hold', false),
		started('thaw'),
		reached('thaw', 'pre-restore', false),
		failed('thaw', 'frozen'),
		started('thaw'),
	);
	t.deepEqual(
		state.stages.map((stage) => stage.name),
		['hold'],
	);
	t.is(state.phase, 'thawing');
	t.is(state.fault, undefined);
});

test('the next sequence number follows the last, so that a journal can be continued', (t) => {
	t.is(fold(started('freeze'), reached('freeze', 'hold', false)).nextSeq, 2);
});
