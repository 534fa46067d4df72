import type {Moment} from '../context/model.js';
import type {Operation, SessionEvent} from '../session/events.js';
import {initialSession, reduceSession, type SessionState} from '../session/machine.js';
import {type Backlog, emptyBacklog, foldBacklog} from './waiting/backlog.js';

/** One session as the screen knows it: the fold of its events, and what only a screen needs beside. */
export interface SessionView {
	checkpoint: string;
	session: SessionState;
	/** How often one was written: the same moment is written again when its backtraces are added. */
	snapshots: number;
	/** The snapshot of each stage that has one of its own, by `stageKey`. */
	stageMoments: Readonly<Record<string, Moment>>;
	/** When it became frozen, milliseconds since the epoch. */
	frozenAt?: number;
	/** What came for it while it was frozen. */
	backlog: Backlog;
	/** The event stream ended: nobody answers any more. */
	ended: boolean;
}

export interface StageCell {
	operation: Operation;
	name: string;
	status: 'done' | 'waiting' | 'running' | 'pending' | 'aborted' | 'failed';
	ms?: number;
	abortable: boolean;
	commitPoint: boolean;
	moment?: Moment;
}

/**
 * What usually comes, for the stage bar to look ahead. Never a promise: stages that appear unannounced
 * (network-lock, setup-namespaces) are put in, and those that did not come are left out.
 */
const usual: Record<Operation, readonly string[]> = {
	freeze: ['snapshot', 'hold', 'pre-dump', 'post-dump', 'frozen'],
	thaw: ['pre-restore', 'post-restore', 'pre-resume', 'post-resume'],
};

const stageKey = (operation: Operation, name: string): string => `${operation}:${name}`;

export function newSessionView(checkpoint: string): SessionView {
	return {
		checkpoint,
		session: initialSession,
		snapshots: 0,
		stageMoments: {},
		backlog: emptyBacklog,
		ended: false,
	};
}

/** Folds one event into the view; never changes its argument. */
export function foldSession(view: SessionView, event: SessionEvent): SessionView {
	const session = reduceSession(view.session, event);
	const key = event.type === 'snapshot' ? stageOf(event.moment, session) : undefined;
	return {
		...view,
		session,
		backlog: foldBacklog(view.backlog, event),
		snapshots: view.snapshots + (event.type === 'snapshot' ? 1 : 0),
		...(event.type === 'snapshot' && key !== undefined
			? {stageMoments: {...view.stageMoments, [key]: event.moment}}
			: {}),
		...(event.type === 'process' && event.state === 'frozen' && view.session.process !== 'frozen'
			? {frozenAt: event.at}
			: {}),
	};
}

/** The stage that a snapshot shows: by its name, and not by when it was written, which may be later. */
function stageOf(moment: Moment, {phase}: SessionState): string {
	switch (moment) {
		case 'before':
			return stageKey('freeze', 'snapshot');
		case 'image':
			return stageKey('freeze', 'frozen');
		case 'pre-resume':
			return stageKey('thaw', 'pre-resume');
		case 'after':
			return stageKey('thaw', 'post-resume');
		default:
			return stageKey(phase === 'thawing' ? 'thaw' : 'freeze', moment.replace(/^at-/, ''));
	}
}

/** All moments that there are snapshots of, in the order of time. */
export function momentsOf(view: SessionView): Moment[] {
	const inOrder = stageCells(view).flatMap(({moment}) => moment ?? []);
	const {moments} = view.session;
	const rest = moments.filter((moment) => !inOrder.includes(moment));
	// A look at the stage post-resume came before the last one, which stands for that stage.
	const last = inOrder.filter((moment) => moment === 'after');
	return [...inOrder.filter((moment) => moment !== 'after'), ...rest, ...last];
}

/** Freezing or thawing, with somebody there to go on with it. */
export function isUnderWay({session, ended}: SessionView): boolean {
	return !ended && (session.phase === 'freezing' || session.phase === 'thawing');
}

/** Nothing can come any more: the process runs, or is lost. */
export function isOver({session: {phase}}: SessionView): boolean {
	return phase === 'thawed' || phase === 'aborted' || phase === 'failed';
}

export function isFrozen({session}: SessionView): boolean {
	return session.phase === 'frozen' || (session.phase === 'thawing' && session.process === 'frozen');
}

/** The stage bar: what was reached, then what usually comes. */
export function stageCells(view: SessionView): StageCell[] {
	const {session} = view;
	const failing = session.phase === 'thawing' || session.thaw ? 'thaw' : lastOperation(session);
	const cells: StageCell[] = [];
	for (const operation of ['freeze', 'thaw'] as const) {
		const reached = session.stages.filter((stage) => stage.operation === operation);
		for (const [i, stage] of reached.entries()) {
			const failedHere = session.fault && operation === failing && i === reached.length - 1;
			const moment = view.stageMoments[stageKey(operation, stage.name)];
			cells.push({
				operation,
				name: stage.name,
				status: stage.status === 'passed' ? (failedHere ? 'failed' : 'done') : stage.status,
				ms: stage.ms,
				abortable: stage.abortable,
				commitPoint: stage.commitPoint,
				...(moment ? {moment} : {}),
			});
		}
		cells.push(...ahead(view, operation));
	}
	return markRunning(view, cells);
}

function lastOperation(session: SessionState): Operation {
	return session.stages.at(-1)?.operation ?? 'freeze';
}

function ahead(view: SessionView, operation: Operation): StageCell[] {
	const {session} = view;
	const {phase} = session;
	if (phase === 'aborted' || phase === 'failed' || phase === 'thawed') return milestone(view, operation);
	if (operation === 'freeze' && phase !== 'freezing' && phase !== 'idle') return milestone(view, operation);
	const names = session.stages.filter((stage) => stage.operation === operation).map((stage) => stage.name);
	const next = usual[operation].findLastIndex((name) => names.includes(name)) + 1;
	return usual[operation].slice(next).map((name) => cell(operation, name, 'pending'));
}

/** "frozen" is no stage of CRIU's but the state between the two operations. */
function milestone({session, stageMoments}: SessionView, operation: Operation): StageCell[] {
	const known = session.stages.some((stage) => stage.name === 'frozen');
	const passed = session.freeze !== undefined || session.phase === 'frozen' || session.phase === 'thawing';
	if (operation !== 'freeze' || !passed || known) return [];
	const moment = stageMoments[stageKey('freeze', 'frozen')];
	return [{...cell('freeze', 'frozen', 'done'), ...(moment ? {moment} : {})}];
}

function cell(operation: Operation, name: string, status: StageCell['status']): StageCell {
	return {operation, name, status, abortable: false, commitPoint: false};
}

function markRunning(view: SessionView, cells: StageCell[]): StageCell[] {
	if (!isUnderWay(view) || view.session.waitingAt) return cells;
	const operation: Operation = view.session.phase === 'thawing' ? 'thaw' : 'freeze';
	const next = cells.findIndex((entry) => entry.operation === operation && entry.status === 'pending');
	return cells.map((entry, i) => (i === next ? {...entry, status: 'running'} : entry));
}

/** Index of the cell that matters now: the gate that waits, else the last one reached. */
export function currentCell(cells: readonly StageCell[]): number {
	const waiting = cells.findIndex((entry) => entry.status === 'waiting' || entry.status === 'running');
	if (waiting >= 0) return waiting;
	return Math.max(
		cells.findLastIndex((entry) => entry.status !== 'pending'),
		0,
	);
}

/** Index of the last cell that was reached; 0 when none was. */
export function lastReached(cells: readonly StageCell[]): number {
	return Math.max(
		cells.findLastIndex(({status}) => status !== 'pending' && status !== 'running'),
		0,
	);
}
