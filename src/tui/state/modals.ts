import type {FaultCode, FaultData} from '../../common/fault.js';
import type {Snapshot} from '../../context/model.js';
import type {Policy} from '../../dbus/held/connection.js';
import type {MessageInspection} from '../../dbus/inspect.js';
import type {TrafficMessage} from '../../dbus/types.js';
import type {Operation} from '../../session/events.js';
import type {CheckpointEntry} from '../checkpoints/feed.js';
import type {Section} from '../evidence/sections.js';
import type {PreflightReport} from '../port.js';
import type {Action} from './actions.js';

/** What lies over the panes and takes the keys: a question that only `y` answers with yes, or a window. */
export type Modal = Question | WindowModal;

export type Question = {
	/** Rows scrolled away; the list of what would be held can be long. */
	scroll?: number;
} & (
	| {
			kind: 'freeze';
			target: string;
			label: string;
			/** What shall become of calls while it is frozen. */
			policy: Policy;
			report?: PreflightReport;
			fault?: FaultData;
	  }
	/** `from`: the window to go back to. */
	| {kind: 'policy'; checkpoint: string; label: string; to: Policy; from?: WindowModal; fault?: FaultData}
	| ThawQuestion
	| FormModal
	/** `entry`: as it was when it was asked. */
	| {kind: 'remove'; entry: CheckpointEntry; from: WindowModal}
	| {kind: 'repair'; from: WindowModal}
	| {kind: 'abort'; checkpoint: string; operation: Operation; stage: string}
	| {kind: 'quit'}
);

export interface ThawQuestion {
	kind: 'thaw';
	checkpoint: string;
	label: string;
	/** How it goes by itself: with the connections that are held, or with new ones. */
	mode: 'held' | 'reconnected';
	/** Make new ones even where they are held. */
	reconnect: boolean;
	/** Its bus, where that is not the one that is watched. */
	bus?: string;
	/** What speaks against it, and shall not count. */
	accepted?: readonly FaultCode[];
	/** Why the last try came to nothing. */
	fault?: FaultData;
	from?: WindowModal;
}

/** Lines to be typed, one of them at a time, before something is done. */
export interface FormModal {
	kind: 'form';
	form: 'pack' | 'send';
	entry: CheckpointEntry;
	values: readonly string[];
	/** The line that is typed into. */
	at: number;
	/** Why the last try came to nothing, in whole sentences. */
	problem?: string;
	from: WindowModal;
}

export interface CheckpointsModal {
	kind: 'checkpoints';
	/** Name of the chosen one, and its place in the list should it go away. */
	chosen?: string;
	at: number;
	/** The first one in view. */
	scroll: number;
}

export type WindowModal =
	| CheckpointsModal
	/** All that is known of one checkpoint. */
	| {kind: 'checkpoint'; name: string; scroll: number; from: WindowModal}
	| {kind: 'help'; scroll: number; from?: WindowModal}
	| {kind: 'connection'; uniqueName: string; scroll: number; snapshot?: Snapshot; fault?: FaultData}
	| {kind: 'message'; message: TrafficMessage; inspection: MessageInspection | undefined; scroll: number}
	/** The saved filters, one of them chosen. */
	| {kind: 'filters'; chosen: number; scroll: number}
	| {kind: 'waiting'; checkpoint: string; scroll: number}
	| {
			kind: 'diff';
			side: 'before' | 'after';
			section: Section;
			/** The chosen difference, counted from the top. */
			chosen: number;
			scroll: number;
			from?: WindowModal;
	  };

const questions: ReadonlyArray<Question['kind']> = [
	'freeze',
	'policy',
	'thaw',
	'form',
	'remove',
	'repair',
	'abort',
	'quit',
];

export function isQuestion(modal: Modal): modal is Question {
	return questions.some((kind) => kind === modal.kind);
}

/** Puts an answer into the window that asked for it, if that is still open. */
export function fillModal(
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
