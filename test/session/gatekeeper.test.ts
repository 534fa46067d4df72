import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Fault} from '../../src/common/fault.js';
import {EventLog} from '../../src/session/event-log.js';
import type {SessionEvent} from '../../src/session/events.js';
import {Gatekeeper} from '../../src/session/gatekeeper.js';
import {temporaryFolder} from '../support/compile.js';

function gatekeeper(t: ExecutionContext, stepping: boolean) {
	const journal = path.join(temporaryFolder(t), 'events.jsonl');
	const log = new EventLog(journal);
	t.teardown(() => log.close());
	const events: SessionEvent[] = [];
	log.subscribe((event) => events.push(event));
	const gate = new Gatekeeper(log);
	gate.begin(stepping);
	return {gate, events, journal, log};
}

const stage = (name: string, abortable = true) => ({
	operation: 'freeze' as const,
	stage: name,
	abortable,
	commitPoint: false,
});

test('without stepping every stage is passed at once and timed', async (t) => {
	const {gate, events} = gatekeeper(t, false);
	t.is(await gate.pass(stage('hold')), 'continue');
	t.deepEqual(
		gate.times.map(({name}) => name),
		['hold'],
	);
	t.deepEqual(
		events.map(({type}) => type),
		['stage-reached'],
	);
});

test('stepping waits for the decision, and who made it is told', async (t) => {
	const {gate, events} = gatekeeper(t, true);
	const passed = gate.pass(stage('hold'));
	gate.decide('abort');
	t.is(await passed, 'abort');
	t.is(gate.abortedBy, 'operator');
	t.like(events.at(-1), {type: 'stage-decided', decision: 'abort', by: 'operator'});
});

test('continueAll answers the gate that waits and all further ones', async (t) => {
	const {gate} = gatekeeper(t, true);
	const first = gate.pass(stage('hold'));
	gate.continueAll();
	t.is(await first, 'continue');
	t.is(await gate.pass(stage('pre-dump')), 'continue');
});

test('an abandoned gate aborts where that has an effect, and goes on where it has none', async (t) => {
	const {gate} = gatekeeper(t, true);
	const first = gate.pass(stage('hold'));
	gate.abandon('front-end-lost');
	t.is(await first, 'abort');
	const {gate: other} = gatekeeper(t, true);
	const late = other.pass(stage('pre-resume', false));
	other.abandon('front-end-lost');
	t.is(await late, 'continue');
});

test('abandoned between two stages: the next abortable one aborts', async (t) => {
	const {gate} = gatekeeper(t, false);
	gate.abandon('signal');
	t.is(await gate.pass(stage('pre-resume', false)), 'continue');
	t.is(await gate.pass(stage('hold')), 'abort');
	t.is(gate.abortedBy, 'signal');
});

test('decisions that cannot be are refused', async (t) => {
	const {gate} = gatekeeper(t, true);
	t.throws(() => gate.decide('continue'), {instanceOf: Fault});
	const passed = gate.pass(stage('pre-resume', false));
	t.throws(() => gate.decide('abort'), {instanceOf: Fault});
	gate.decide('continue');
	t.is(await passed, 'continue');
});

test('the journal has every event, and a new log goes on where it ended', async (t) => {
	const {gate, journal, events, log} = gatekeeper(t, false);
	await gate.pass(stage('hold'));
	log.emit({
		type: 'waiting',
		policy: 'queue',
		bytes: 5,
		messages: 0,
		more: false,
		stashed: 0,
		refused: 0,
		drain: 'watching',
	});
	const lines = fs.readFileSync(journal, 'utf8').trim().split('\n');
	t.deepEqual(
		lines.map((line) => JSON.parse(line)),
		events.filter(({type}) => type !== 'waiting'),
	);
	fs.appendFileSync(journal, '{"type":"torn'); // a power cut in the middle of a line
	const again = new EventLog(journal);
	t.teardown(() => again.close());
	t.is(again.state.stages.length, 1);
});
