import type {Catalogue} from '../i18n/index.js';
import {messages} from '../i18n/index.js';
import {openObjection, whyNever} from './checkpoints/in-spite.js';
import {
	activeSession,
	frozenServices,
	selectedEntry,
	sessionUnderWay,
	thawable,
	wantedPair,
} from './selectors.js';
import {stageCells} from './session-view.js';
import type {ScreenState} from './state/state.js';
import type {TrafficViewKind} from './state/traffic.js';

// Each says why a key can do nothing now, or undefined when it can.

const say = (): Catalogue['screen']['disabled'] => messages().screen.disabled;

export function whyNotOpen(state: ScreenState): string | undefined {
	if (state.focus === 'connections') return selectedEntry(state) ? undefined : say().nothingSelected;
	if (state.focus === 'traffic') return state.traffic.view === 'statistics' ? say().noDetails : undefined;
	return whyNotDiff(state);
}

export function whyNotWalk(state: ScreenState, step: -1 | 1): string | undefined {
	const view = activeSession(state);
	if (!view) return say().noSession;
	const cells = stageCells(view);
	const reached = cells.findLastIndex((cell) => cell.status !== 'pending' && cell.status !== 'running');
	const to = (state.stageCursor ?? reached) + step;
	return to < 0 || to > reached ? say().endOfStages : undefined;
}

export function whyNotDiff(state: ScreenState): string | undefined {
	const view = activeSession(state);
	if (!view || !wantedPair(state)) return say().noSnapshot;
	return view.session.moments.length < 2 ? say().oneSnapshot : undefined;
}

export function whyNotJump({modal, comparison}: ScreenState): string | undefined {
	const differs = (comparison?.differences?.length ?? 0) > 0;
	return modal?.kind === 'diff' && modal.section === 'differences' && differs
		? undefined
		: say().noDifference;
}

export function whyNotFilter(state: ScreenState): string | undefined {
	if (state.modal?.kind === 'diff' || state.modal?.kind === 'checkpoints') return undefined;
	return state.focus === 'connections' || state.focus === 'traffic' ? undefined : say().noFilter;
}

export function whyNotView({traffic}: ScreenState, view: TrafficViewKind): string | undefined {
	return traffic.view === view ? say().thisView : undefined;
}

/** In the statistics no message is chosen. */
export function whyNotHide({traffic}: ScreenState): string | undefined {
	return traffic.view === 'statistics' ? say().noDetails : undefined;
}

export function whyNotReveal({modal}: ScreenState): string | undefined {
	return modal?.kind === 'message' && modal.inspection?.masked ? undefined : say().notMasked;
}

export function whyNotSave({filters}: ScreenState): string | undefined {
	return filters.traffic.trim() === '' ? say().nothingToSave : undefined;
}

export function whyNotUse({traffic}: ScreenState): string | undefined {
	return Object.keys(traffic.saved).length === 0 ? say().noFilters : undefined;
}

export function whyNotSort({traffic}: ScreenState): string | undefined {
	return traffic.view === 'statistics' ? undefined : say().notSorted;
}

export function whyNotWide({traffic}: ScreenState): string | undefined {
	return traffic.view === 'list' ? undefined : say().alwaysWide;
}

export function whyNotClear(state: ScreenState): string | undefined {
	const filtered =
		state.focus === 'connections' || state.focus === 'traffic' ? state.filters[state.focus] : '';
	const away = state.messageCursor !== null || state.stageCursor !== null || state.pausedAt !== null;
	return filtered || away ? undefined : say().nothingToClear;
}

function nameOfSession(state: ScreenState): {name: string; stage: string} | undefined {
	const view = sessionUnderWay(state);
	if (!view) return undefined;
	const {names, comm, waitingAt} = view.session;
	return {name: names[0] ?? comm, stage: waitingAt?.name ?? ''};
}

export function whyNotFreeze(state: ScreenState): string | undefined {
	if (state.readOnly) return say().readOnly;
	const busy = nameOfSession(state);
	if (busy) return say().underWay(busy.name, busy.stage);
	if (state.opening) return say().criuWorks;
	const entry = selectedEntry(state);
	if (!entry) return say().nothingSelected;
	if (entry.frozen) return say().frozenAlready;
	if (entry.peer?.keeper) return say().isKeeper;
	if (entry.uniqueName === 'org.freedesktop.DBus') return say().busItself;
	return entry.peer?.pid === undefined ? say().noPid : undefined;
}

export function whyNotDecide(state: ScreenState): string | undefined {
	if (state.readOnly) return say().readOnly;
	const view = activeSession(state);
	if (!view) return state.opening ? say().criuWorks : say().noSession;
	if (view.session.waitingAt && !view.ended) return undefined;
	switch (view.session.phase) {
		case 'frozen':
			return say().isFrozen;
		case 'thawed':
		case 'aborted':
		case 'failed':
			return say().isOver;
		default:
			return view.ended ? say().keeperGone : say().criuWorks;
	}
}

export function whyNotAbort(state: ScreenState): string | undefined {
	const reason = whyNotDecide(state);
	if (reason) return reason;
	const gate = activeSession(state)?.session.waitingAt;
	return gate?.abortable ? undefined : say().notAbortable(gate?.name ?? '');
}

export function whyNotThaw(state: ScreenState): string | undefined {
	if (state.readOnly) return say().readOnly;
	const busy = nameOfSession(state);
	if (busy) return say().underWay(busy.name, busy.stage);
	if (frozenServices(state).length === 0) return say().nothingFrozen;
	const service = thawable(state);
	if (!service) return say().notThisOne;
	return whyNever(service.next);
}

export function whyNotYes(state: ScreenState): string | undefined {
	const {modal} = state;
	if (modal?.kind === 'thaw') return openObjection(modal, state) && messages().screen.inSpite.notYet;
	if (modal?.kind !== 'freeze') return undefined;
	if (modal.fault || (modal.report && modal.report.blockers.length > 0)) return say().blocked;
	return modal.report ? undefined : say().checking;
}
