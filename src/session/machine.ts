import type {FaultData, ProcessState} from '../common/fault.js';
import type {ConnectionSnapshot, Moment, Verdict} from '../context/model.js';
import type {MemoryReport} from '../criu/memory/report.js';
import type {Policy} from '../dbus/held/connection.js';
import type {Waiting} from '../dbus/held/service.js';

import type {
	FreezeResult,
	HeldDescriptor,
	Operation,
	SessionEvent,
	ThawResult,
	UnitChange,
	Warning,
} from './events.js';

export type Phase = 'idle' | 'freezing' | 'frozen' | 'thawing' | 'thawed' | 'aborted' | 'failed';

export interface StageState {
	operation: Operation;
	name: string;
	/** Milliseconds of work until the stage was reached. */
	ms: number;
	status: 'waiting' | 'passed' | 'aborted';
	abortable: boolean;
	commitPoint: boolean;
}

/** What a freeze–thaw has come to: the fold of its events. */
export interface SessionState {
	phase: Phase;
	/** Of the target, not of this program. */
	process: ProcessState;
	pid: number;
	comm: string;
	names: string[];
	checkpoint: string;
	/** In the order reached; a second attempt at an operation drops the stages of the first. */
	stages: StageState[];
	/** The stage that waits for a decision now. */
	waitingAt: StageState | undefined;
	moments: Moment[];
	connections: ConnectionSnapshot[];
	held: HeldDescriptor[];
	portableBecause: string[];
	/** What waits for the frozen service, bytes of its other sockets included. */
	waitingBytes: number;
	waiting: Waiting | undefined;
	/** Its systemd unit, and what was done with that last. */
	unit: {name: string; change: UnitChange; pid: number} | undefined;
	/** What becomes of calls while it is frozen. */
	policy: Policy;
	/** What had waited and was delivered by the last thaw. */
	handedBack: {messages: number; bytes: number} | undefined;
	/** The slow step under way, if any. */
	progress: {step: string; detail: string} | undefined;
	warnings: Warning[];
	/** The last comparison of memory. */
	memory: MemoryReport | undefined;
	verdict: Verdict | undefined;
	fault: FaultData | undefined;
	freeze: FreezeResult | undefined;
	thaw: ThawResult | undefined;
	/** Sequence number of the next event that is expected. */
	nextSeq: number;
}

export const initialSession: SessionState = {
	phase: 'idle',
	process: 'untouched',
	pid: 0,
	comm: '',
	names: [],
	checkpoint: '',
	stages: [],
	waitingAt: undefined,
	moments: [],
	connections: [],
	held: [],
	portableBecause: [],
	waitingBytes: 0,
	waiting: undefined,
	unit: undefined,
	policy: 'queue',
	handedBack: undefined,
	progress: undefined,
	warnings: [],
	memory: undefined,
	verdict: undefined,
	fault: undefined,
	freeze: undefined,
	thaw: undefined,
	nextSeq: 0,
};

/** Folds one event. Pure; the same events always give the same state, live or from the journal. */
export function reduceSession(state: SessionState, event: SessionEvent): SessionState {
	return {...state, nextSeq: event.seq + 1, ...changes(state, event)};
}

function changes(state: SessionState, event: SessionEvent): Partial<SessionState> {
	switch (event.type) {
		case 'started':
			return {
				phase: event.operation === 'freeze' ? 'freezing' : 'thawing',
				pid: event.pid,
				comm: event.comm,
				names: event.names,
				checkpoint: event.checkpoint,
				stages: state.stages.filter((s) => s.operation !== event.operation),
				waitingAt: undefined,
				memory: undefined,
				fault: undefined,
				progress: undefined,
			};
		case 'stage-reached': {
			const stage: StageState = {
				operation: event.operation,
				name: event.stage,
				ms: event.ms,
				status: event.gate ? 'waiting' : 'passed',
				abortable: event.abortable,
				commitPoint: event.commitPoint,
			};
			return {
				stages: [...state.stages, stage],
				waitingAt: event.gate ? stage : undefined,
				progress: undefined,
			};
		}
		case 'stage-decided': {
			const status = event.decision === 'continue' ? 'passed' : 'aborted';
			const decided = (s: StageState) =>
				s.operation === event.operation && s.name === event.stage && s.status === 'waiting';
			return {
				stages: state.stages.map((s) => (decided(s) ? {...s, status} : s)),
				waitingAt: undefined,
			};
		}
		case 'snapshot':
			return state.moments.includes(event.moment) ? {} : {moments: [...state.moments, event.moment]};
		case 'connections':
			return {connections: event.connections};
		case 'held':
			return {held: event.held, portableBecause: event.portableBecause};
		case 'process':
			return {process: event.state, pid: event.pid};
		case 'waiting':
			return {waitingBytes: event.bytes, waiting: event, policy: event.policy};
		case 'handed-back':
			return {handedBack: {messages: event.messages, bytes: event.bytes}};
		case 'policy':
			return {policy: event.policy};
		case 'unit':
			return {unit: {name: event.unit, change: event.change, pid: event.pid}};
		case 'progress':
			return {progress: {step: event.step, detail: event.detail}};
		case 'warning':
			return {warnings: [...state.warnings, {warning: event.warning, params: event.params}]};
		case 'memory':
			return {memory: event.report, progress: undefined};
		case 'verdict':
			return {verdict: event.verdict};
		case 'finished':
			return event.operation === 'freeze'
				? {
						phase: state.process === 'frozen' ? 'frozen' : 'thawed',
						freeze: event.result as FreezeResult,
						progress: undefined,
					}
				: {
						phase: 'thawed',
						thaw: event.result as ThawResult,
						waitingBytes: 0,
						waiting: undefined,
						progress: undefined,
					};
		case 'failed':
			return {
				phase: phaseAfter(event.fault),
				process: event.fault.processState,
				fault: event.fault,
				waitingAt: undefined,
				progress: undefined,
			};
	}
}

/** A failed thaw leaves the service frozen: that is where it can be tried again. */
function phaseAfter(fault: FaultData): Phase {
	if (fault.processState === 'frozen') return 'frozen';
	return fault.code === 'aborted' ? 'aborted' : 'failed';
}
