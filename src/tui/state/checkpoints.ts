import type {MoveProgress} from '../../checkpoint/move/progress.js';
import type {FaultData} from '../../common/fault.js';
import type {CheckpointEntry, CheckpointLook} from '../checkpoints/feed.js';

/** Packing or sending, in the background of the screen. */
export interface Job {
	kind: 'pack' | 'send';
	/** Of the checkpoint. */
	name: string;
	title: string;
	/** The file or the host. */
	to: string;
	/** Absent until it tells anything. */
	progress?: MoveProgress;
	/** Bytes a second since the phase began. */
	perSecond: number;
	/** The operator has asked for its end. */
	stopping: boolean;
}

/** What became of the last action. */
export interface Outcome {
	lines: readonly string[];
	tone: 'good' | 'bad' | 'plain';
}

export interface CheckpointsState {
	/** Newest first; undefined until it was listed. */
	list: readonly CheckpointEntry[] | undefined;
	/** Why it could not be listed. */
	fault: FaultData | undefined;
	/** What the checks said of the one that was chosen last. */
	look: {name: string; found?: CheckpointLook; fault?: FaultData} | undefined;
	job: Job | undefined;
	outcome: Outcome | undefined;
}

export const initialCheckpoints: CheckpointsState = {
	list: undefined,
	fault: undefined,
	look: undefined,
	job: undefined,
	outcome: undefined,
};

export type CheckpointsAction =
	| {type: 'checkpoints'; list?: readonly CheckpointEntry[]; fault?: FaultData}
	| {type: 'look'; name: string; found?: CheckpointLook; fault?: FaultData}
	/** Undefined: it has ended. */
	| {type: 'job'; job: Job | undefined}
	/** Undefined: it was read. */
	| {type: 'outcome'; outcome: Outcome | undefined};

export function reduceCheckpoints(state: CheckpointsState, action: CheckpointsAction): CheckpointsState {
	switch (action.type) {
		case 'checkpoints':
			return {...state, list: action.list ?? state.list, fault: action.fault};
		case 'look': {
			const {type, ...look} = action;
			return {...state, look};
		}
		case 'job':
			return {...state, job: action.job};
		case 'outcome':
			return {...state, outcome: action.outcome};
	}
}
