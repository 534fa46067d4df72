import type {FaultData} from '../common/fault.js';
import type {Difference, Moment, Snapshot, Verdict} from '../context/model.js';
import type {BusPeer, TrafficMessage} from '../dbus/types.js';
import type {Operation, SessionEvent} from '../session/events.js';
import type {FrozenService, PreflightReport} from './port.js';
import {foldSession, newSessionView, type SessionView} from './session-view.js';

export const panes = ['connections', 'traffic', 'stages', 'context'] as const;
export type Pane = (typeof panes)[number];
export type FilterPane = 'connections' | 'traffic';

/** What lies over the panes and takes the keys: a question that only `y` answers with yes, or a window. */
export type Modal = Question | WindowModal;

export type Question = {
	/** Rows scrolled away; the list of what would be held can be long. */
	scroll?: number;
} & (
	| {kind: 'freeze'; target: string; label: string; report?: PreflightReport; fault?: FaultData}
	| {kind: 'thaw'; checkpoint: string; label: string}
	| {kind: 'abort'; checkpoint: string; operation: Operation; stage: string}
	| {kind: 'quit'}
);

export type WindowModal =
	| {kind: 'help'; scroll: number}
	| {kind: 'connection'; uniqueName: string; scroll: number; snapshot?: Snapshot; fault?: FaultData}
	| {kind: 'message'; message: TrafficMessage; body: string | undefined; scroll: number}
	| {kind: 'diff'; side: 'before' | 'after'; scroll: number};

export function isQuestion(modal: Modal): modal is Question {
	return modal.kind === 'freeze' || modal.kind === 'thaw' || modal.kind === 'abort' || modal.kind === 'quit';
}

/** Two moments of a session side by side. */
export interface Comparison {
	checkpoint: string;
	before: Moment;
	after: Moment;
	left?: Snapshot;
	right?: Snapshot;
	differences?: Difference[];
	verdict?: Verdict;
}

export interface MessageCursor {
	index: number;
	bottom: number;
}

export interface Notice {
	text: string;
	tone: 'plain' | 'warn' | 'bad' | 'good';
}

export interface ScreenState {
	readonly readOnly: boolean;
	peers: readonly BusPeer[];
	frozen: readonly FrozenService[];
	focus: Pane;
	/** Unique name of the chosen connection. */
	selected: string | undefined;
	filters: Readonly<Record<FilterPane, string>>;
	/** A filter being typed; the old text comes back with esc. */
	editing: {pane: FilterPane; previous: string} | undefined;
	/** The chosen message and the last one in view, as indexes; null follows the newest. */
	messageCursor: MessageCursor | null;
	/** The display stands still at this message index; the feed goes on. */
	pausedAt: number | null;
	sessions: Readonly<Record<string, SessionView>>;
	/** The session in the stage bar. */
	active: string | undefined;
	/** A freeze was asked for and its first event has not come yet. */
	opening: boolean;
	/** Stage that the operator looks at; null: the current one. */
	stageCursor: number | null;
	/** Moments chosen in the diff view; undefined: before and the newest. */
	pair: {before: Moment; after: Moment} | undefined;
	comparison: Comparison | undefined;
	contextScroll: number;
	modal: Modal | undefined;
	notice: Notice | undefined;
	leaving: boolean;
}

export type Action =
	| {type: 'peers'; peers: readonly BusPeer[]}
	| {type: 'frozen'; frozen: readonly FrozenService[]}
	| {type: 'focus'; pane: Pane}
	| {type: 'select'; uniqueName: string | undefined}
	| {type: 'edit-filter'; pane: FilterPane}
	| {type: 'filter'; pane: FilterPane; text: string}
	| {type: 'end-filter'; keep: boolean}
	| {type: 'message-cursor'; cursor: MessageCursor | null}
	| {type: 'pause'; at: number | null}
	| {type: 'opening'; on: boolean}
	| {type: 'session-opened'; checkpoint: string; activate: boolean}
	| {type: 'session-event'; checkpoint: string; event: SessionEvent}
	| {type: 'session-ended'; checkpoint: string}
	| {type: 'activate'; checkpoint: string}
	| {type: 'stage-cursor'; index: number | null}
	| {type: 'pair'; pair: {before: Moment; after: Moment} | undefined}
	| {type: 'comparison'; comparison: Comparison | undefined}
	| {type: 'context-scroll'; scroll: number}
	| {type: 'modal'; modal: Modal | undefined}
	| {type: 'preflight'; target: string; report?: PreflightReport; fault?: FaultData}
	| {type: 'details'; uniqueName: string; snapshot?: Snapshot; fault?: FaultData}
	| {type: 'notice'; notice: Notice | undefined}
	| {type: 'leave'};

export function initialState(readOnly: boolean): ScreenState {
	return {
		readOnly,
		peers: [],
		frozen: [],
		focus: 'connections',
		selected: undefined,
		filters: {connections: '', traffic: ''},
		editing: undefined,
		messageCursor: null,
		pausedAt: null,
		sessions: {},
		active: undefined,
		opening: false,
		stageCursor: null,
		pair: undefined,
		comparison: undefined,
		contextScroll: 0,
		modal: undefined,
		notice: undefined,
		leaving: false,
	};
}

/** The one place where the screen's state changes. Pure. */
export function reduce(state: ScreenState, action: Action): ScreenState {
	switch (action.type) {
		case 'peers':
			return {...state, peers: action.peers};
		case 'frozen':
			return {...state, frozen: action.frozen};
		case 'focus':
			return {...state, focus: action.pane};
		case 'select':
			return {...state, selected: action.uniqueName};
		case 'edit-filter':
			return {
				...state,
				focus: action.pane,
				editing: {pane: action.pane, previous: state.filters[action.pane]},
			};
		case 'filter':
			return {...state, filters: {...state.filters, [action.pane]: action.text}};
		case 'end-filter':
			return endFilter(state, action.keep);
		case 'message-cursor':
			return {...state, messageCursor: action.cursor};
		case 'pause':
			return {...state, pausedAt: action.at};
		case 'opening':
			return {...state, opening: action.on};
		case 'session-opened':
		case 'session-event':
		case 'session-ended':
		case 'activate':
			return reduceSessions(state, action);
		case 'stage-cursor':
			return {...state, stageCursor: action.index, pair: undefined};
		case 'pair':
			return {...state, pair: action.pair};
		case 'comparison':
			return {...state, comparison: action.comparison};
		case 'context-scroll':
			return {...state, contextScroll: Math.max(action.scroll, 0)};
		case 'modal':
			return {...state, modal: action.modal};
		case 'preflight':
		case 'details':
			return {...state, modal: fill(state.modal, action)};
		case 'notice':
			return {...state, notice: action.notice};
		case 'leave':
			return {...state, leaving: true};
	}
}

function endFilter(state: ScreenState, keep: boolean): ScreenState {
	if (!state.editing) return state;
	const {pane, previous} = state.editing;
	return {
		...state,
		editing: undefined,
		filters: keep ? state.filters : {...state.filters, [pane]: previous},
	};
}

type SessionAction = Extract<
	Action,
	{type: 'session-opened' | 'session-event' | 'session-ended' | 'activate'}
>;

function reduceSessions(state: ScreenState, action: SessionAction): ScreenState {
	const {checkpoint} = action;
	const view = state.sessions[checkpoint] ?? newSessionView(checkpoint);
	const put = (next: SessionView): ScreenState['sessions'] => ({...state.sessions, [checkpoint]: next});
	switch (action.type) {
		case 'session-opened': {
			const opened = {...state, sessions: put(newSessionView(checkpoint))};
			return action.activate ? activate(opened, checkpoint) : opened;
		}
		case 'session-ended':
			return {...state, sessions: put({...view, ended: true})};
		case 'activate':
			return activate(state, checkpoint);
		case 'session-event': {
			const next = {...state, sessions: put(foldSession(view, action.event))};
			// A new stage ends the look back; a question about an answered gate is void.
			const moves = ['started', 'stage-reached', 'finished', 'failed'].includes(action.event.type);
			if (checkpoint !== state.active || !moves) return next;
			const stale = state.modal?.kind === 'abort' && state.modal.checkpoint === checkpoint;
			const answered = state.notice?.tone === 'plain' ? {notice: undefined} : {};
			return {...next, stageCursor: null, pair: undefined, ...answered, ...(stale ? {modal: undefined} : {})};
		}
	}
}

function activate(state: ScreenState, checkpoint: string): ScreenState {
	return state.active === checkpoint
		? state
		: {
				...state,
				active: checkpoint,
				stageCursor: null,
				pair: undefined,
				comparison: undefined,
				contextScroll: 0,
			};
}

/** Puts an answer into the window that asked for it, if that is still open. */
function fill(
	modal: Modal | undefined,
	action: Extract<Action, {type: 'preflight' | 'details'}>,
): Modal | undefined {
	if (action.type === 'preflight' && modal?.kind === 'freeze' && modal.target === action.target) {
		const {report, fault} = action;
		return {...modal, ...(report ? {report} : {}), ...(fault ? {fault} : {})};
	}
	if (action.type === 'details' && modal?.kind === 'connection' && modal.uniqueName === action.uniqueName) {
		const {snapshot, fault} = action;
		return {...modal, ...(snapshot ? {snapshot} : {}), ...(fault ? {fault} : {})};
	}
	return modal;
}

/** A store that both React and plain functions can read at any moment. */
export interface Store {
	get(): ScreenState;
	dispatch(action: Action): void;
	subscribe(listener: () => void): () => void;
}

export function createStore(initial: ScreenState): Store {
	let state = initial;
	const listeners = new Set<() => void>();
	return {
		get: () => state,
		dispatch(action) {
			const next = reduce(state, action);
			if (next === state) return;
			state = next;
			for (const listener of listeners) listener();
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
