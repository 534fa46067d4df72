import {messages} from '../../i18n/index.js';
import {sessionUnderWay} from '../selectors.js';
import {isUnderWay} from '../session-view.js';
import type {ScreenState} from '../state/state.js';
import {chosenEntry, titleOf} from './entries.js';
import type {CheckpointEntry} from './feed.js';
import {openObjection, whyNever} from './in-spite.js';

// Each says why a key can do nothing now, or undefined when it can.

const say = () => messages().screen.whyNotCheckpoint;

export function whyNotChosen(state: ScreenState): string | undefined {
	return chosenEntry(state) ? undefined : say().none;
}

export function whyNotThawIt(state: ScreenState): string | undefined {
	return forChange(state, (entry) => {
		const busy = sessionUnderWay(state);
		if (busy) {
			const {names, comm, waitingAt} = busy.session;
			return messages().screen.disabled.underWay(names[0] ?? comm, waitingAt?.name ?? '');
		}
		if (isInJob(state, entry)) return say().busy(titleOf(entry));
		return whyNever(entry.next);
	});
}

/** In the question before a thaw only, and only where there is a connection. */
export function whyNotConnection(state: ScreenState): string | undefined {
	const {modal} = state;
	if (modal?.kind !== 'thaw') return messages().screen.disabled.noChoice;
	if (openObjection(modal, state)) return messages().screen.inSpite.notYet;
	if (modal.fault) return messages().screen.disabled.noChoice;
	return modal.mode === 'held' ? undefined : messages().screen.disabled.onlyNew;
}

/** In the question before a thaw only, while something speaks against it. */
export function whyNotInSpite(state: ScreenState): string | undefined {
	const {modal} = state;
	if (modal?.kind !== 'thaw') return messages().screen.disabled.noChoice;
	return openObjection(modal, state) ? undefined : messages().screen.inSpite.nothing;
}

export function whyNotCompare(state: ScreenState): string | undefined {
	const entry = chosenEntry(state);
	if (!entry) return say().none;
	if (entry.standing === 'unreadable') return say().unreadable;
	const never = ['freezing', 'aborted', 'still-runs'].includes(entry.standing);
	return never ? say().nothingToCompare : undefined;
}

const frozen: ReadonlyArray<CheckpointEntry['standing']> = [
	'frozen',
	'connection-gone',
	'keeper-gone',
	'given-up',
];

export function whyNotPack(state: ScreenState): string | undefined {
	return forMove(state, ['thawed', 'left-running'], say().notPackable);
}

export function whyNotSend(state: ScreenState): string | undefined {
	return forMove(state, [], say().notFrozen);
}

export function whyNotInterrupt({checkpoints: {job}}: ScreenState): string | undefined {
	if (!job) return say().noJob;
	return job.stopping ? say().stopping : undefined;
}

export function whyNotRemove(state: ScreenState): string | undefined {
	return forChange(state, (entry) => {
		if (isInJob(state, entry)) return say().busy(titleOf(entry));
		const view = state.sessions[entry.checkpoint];
		const works = (view !== undefined && isUnderWay(view)) || entry.standing === 'thawing';
		return works ? say().operating : undefined;
	});
}

export function whyNotRepair({readOnly, checkpoints: {job}}: ScreenState): string | undefined {
	if (readOnly) return say().readOnly;
	return job ? say().busy(job.title) : undefined;
}

function forMove(
	state: ScreenState,
	alsoFine: ReadonlyArray<CheckpointEntry['standing']>,
	otherwise: string,
): string | undefined {
	return forChange(state, ({standing}) => {
		const {job} = state.checkpoints;
		if (job) return say().busy(job.title);
		if (standing === 'unreadable') return say().unreadable;
		if (standing === 'thawing') return say().operating;
		return frozen.includes(standing) || alsoFine.includes(standing) ? undefined : otherwise;
	});
}

function forChange(
	state: ScreenState,
	reason: (entry: CheckpointEntry) => string | undefined,
): string | undefined {
	if (state.readOnly) return say().readOnly;
	const entry = chosenEntry(state);
	return entry ? reason(entry) : say().none;
}

function isInJob({checkpoints: {job}}: ScreenState, {name}: CheckpointEntry): boolean {
	return job?.name === name;
}
