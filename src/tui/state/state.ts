import type {Difference, Moment, Snapshot, Verdict} from '../../context/model.js';
import type {BusPeer} from '../../dbus/types.js';
import type {FrozenService} from '../port.js';
import type {SessionView} from '../session-view.js';
import type {Mark} from '../traffic/marks.js';
import {type CheckpointsState, initialCheckpoints} from './checkpoints.js';
import type {Modal} from './modals.js';
import {initialTraffic, type TrafficState} from './traffic.js';

export const panes = ['connections', 'traffic', 'stages', 'context'] as const;
export type Pane = (typeof panes)[number];
/** What can be typed: a pane's filter, that of the comparison or of the checkpoints, or the name to save one under. */
export type FilterPane = 'connections' | 'traffic' | 'evidence' | 'checkpoints' | 'name';

/** Two moments of a session side by side. */
export interface Comparison {
	checkpoint: string;
	before: Moment;
	after: Moment;
	left?: Snapshot;
	right?: Snapshot;
	/** What the images say, where that is neither of the two. */
	middle?: Snapshot;
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
	traffic: TrafficState;
	checkpoints: CheckpointsState;
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

/** @param told what the port says at the beginning. */
export function initialState(
	readOnly: boolean,
	told: {marks: readonly Mark[]; filter: string} = {marks: [], filter: ''},
): ScreenState {
	return {
		readOnly,
		peers: [],
		frozen: [],
		focus: 'connections',
		selected: undefined,
		filters: {connections: '', traffic: told.filter, evidence: '', checkpoints: '', name: ''},
		editing: undefined,
		messageCursor: null,
		pausedAt: null,
		traffic: {...initialTraffic, marks: told.marks},
		checkpoints: initialCheckpoints,
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
