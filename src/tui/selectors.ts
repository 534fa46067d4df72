import type {Moment} from '../context/model.js';
import type {Policy} from '../dbus/held/connection.js';
import type {Waiting} from '../dbus/held/service.js';
import type {BusPeer} from '../dbus/types.js';
import type {NextThaw} from './checkpoints/feed.js';
import type {FrozenService} from './port.js';
import {currentCell, isFrozen, isUnderWay, type SessionView, stageCells} from './session-view.js';
import type {ScreenState} from './state/state.js';

/** A line of the connections pane: on the bus, frozen, or both. */
export interface ConnectionEntry {
	uniqueName: string;
	names: readonly string[];
	peer?: BusPeer;
	/** A keeper's, under the names of a frozen service whose calls it refuses. */
	standsIn?: boolean;
	frozen?: {
		checkpoint: string;
		since: number;
		keeperAlive: boolean;
		/** What its keeper told, and what becomes of calls; absent while nobody has told. */
		waiting?: Waiting;
		policy?: Policy;
	};
}

/** All that is frozen, whoever did it: what the port listed and what our own sessions say. */
export function frozenServices(state: ScreenState): FrozenService[] {
	const services = new Map(state.frozen.map((service) => [service.checkpoint, service]));
	for (const view of Object.values(state.sessions)) {
		const known = services.get(view.checkpoint);
		if (isFrozen(view) && !isElsewhere(state, view.checkpoint))
			services.set(view.checkpoint, known ?? serviceOf(view));
		else if (view.session.phase === 'thawed') services.delete(view.checkpoint);
	}
	return [...services.values()];
}

/** Its connections are not those of the bus that is watched, whatever their numbers are. */
export function isElsewhere({checkpoints, frozen}: ScreenState, checkpoint: string): boolean {
	if (frozen.some((service) => service.checkpoint === checkpoint)) return false;
	const {relation = 'watched'} =
		checkpoints.list?.find((entry) => entry.checkpoint === checkpoint)?.facts?.bus ?? {};
	return relation !== 'watched';
}

function serviceOf({checkpoint, session, frozenAt, ended}: SessionView): FrozenService {
	// Those to this bus come first; on another bus the same unique name is somebody else's.
	const [first, ...more] = session.connections;
	const others = more.filter(({busGuid}) => busGuid === first?.busGuid);
	return {
		checkpoint,
		pid: session.pid,
		names: session.names,
		uniqueName: session.freeze?.uniqueName ?? first?.uniqueName ?? '',
		others: others.map(({uniqueName}) => uniqueName),
		since: frozenAt ?? 0,
		keeperAlive: !ended,
		next: nextOf(session.waiting, ended),
	};
}

/** What is not known any better yet. */
function nextOf(waiting: Waiting | undefined, ended: boolean): NextThaw {
	if (ended) return {mode: 'reconnected', why: 'keeper-gone'};
	return waiting?.drain === 'ended' ? {mode: 'reconnected', why: 'connection-gone'} : {mode: 'held'};
}

/** Our own keepers last; before them well-known names, alphabetically; then the nameless by the number of their unique name. */
function byName(a: ConnectionEntry, b: ConnectionEntry): number {
	if (a.peer?.keeper !== b.peer?.keeper) return a.peer?.keeper ? 1 : -1;
	const [nameA, nameB] = [a.names[0], b.names[0]];
	if (nameA !== undefined && nameB !== undefined) return nameA < nameB ? -1 : nameA > nameB ? 1 : 0;
	if (nameA !== undefined || nameB !== undefined) return nameA === undefined ? 1 : -1;
	return a.uniqueName.localeCompare(b.uniqueName, 'en', {numeric: true});
}

/** What the connections pane lists, filtered and in order. */
export function connectionEntries(state: ScreenState): ConnectionEntry[] {
	const entries = new Map<string, ConnectionEntry>();
	const services = frozenServices(state);
	for (const peer of state.peers) {
		const {uniqueName, names} = peer;
		const standsIn =
			peer.keeper && services.some((service) => service.names.some((name) => names.includes(name)));
		entries.set(uniqueName, {uniqueName, names, peer, ...(standsIn ? {standsIn} : {})});
	}
	for (const service of services) {
		const {uniqueName, others = [], checkpoint, since, keeperAlive} = service;
		const known = entries.get(uniqueName);
		const view = state.sessions[checkpoint];
		const frozen = {
			checkpoint,
			since,
			keeperAlive,
			...(view ? {policy: view.session.policy} : {}),
			...(view?.session.waiting ? {waiting: view.session.waiting} : {}),
		};
		entries.set(uniqueName, {
			uniqueName,
			// The daemon may show fewer names while a stand-in answers for them.
			names: known?.names.length ? known.names : service.names,
			...(known?.peer ? {peer: known.peer} : {}),
			frozen,
		});
		for (const entry of others.map((name) => entries.get(name)))
			if (entry) entries.set(entry.uniqueName, {...entry, frozen});
	}
	const words = state.filters.connections.toLowerCase().split(/\s+/).filter(Boolean);
	return [...entries.values()]
		.filter((entry) => words.every((word) => haystack(entry).includes(word)))
		.sort(byName);
}

function haystack({uniqueName, names, peer}: ConnectionEntry): string {
	return [uniqueName, ...names, peer?.pid, peer?.comm, peer?.command].join(' ').toLowerCase();
}

export function selectedEntry(state: ScreenState): ConnectionEntry | undefined {
	const entries = connectionEntries(state);
	return entries.find((entry) => entry.uniqueName === state.selected) ?? entries[0];
}

export function activeSession(state: ScreenState): SessionView | undefined {
	return state.active === undefined ? undefined : state.sessions[state.active];
}

/** The session that freezes or thaws right now; there is one stage bar, so at most one. */
export function sessionUnderWay(state: ScreenState): SessionView | undefined {
	const active = activeSession(state);
	if (active && isUnderWay(active)) return active;
	return Object.values(state.sessions).find((view) => isUnderWay(view) && view.session.waitingAt);
}

/** What `t` would thaw: the chosen service if it is frozen, else the one in the stage bar. */
export function thawable(state: ScreenState): FrozenService | undefined {
	const services = frozenServices(state);
	const chosen = selectedEntry(state)?.frozen?.checkpoint;
	return (
		services.find((service) => service.checkpoint === chosen) ??
		services.find((service) => service.checkpoint === state.active)
	);
}

/** The moments to compare: those chosen, or `before` with the newest up to the stage looked at. */
export function wantedPair(state: ScreenState): {before: Moment; after: Moment} | undefined {
	const view = activeSession(state);
	const moments = view?.session.moments ?? [];
	const [first] = moments;
	if (!view || first === undefined) return undefined;
	if (state.pair && moments.includes(state.pair.before) && moments.includes(state.pair.after))
		return state.pair;
	const before = moments.includes('before') ? 'before' : first;
	return {before, after: momentAtCursor(state, view) ?? moments.at(-1) ?? before};
}

function momentAtCursor(state: ScreenState, view: SessionView): Moment | undefined {
	if (state.stageCursor === null) return undefined;
	const cells = stageCells(view);
	return cells.slice(0, state.stageCursor + 1).findLast((cell) => cell.moment !== undefined)?.moment;
}

export function shownStage(state: ScreenState, view: SessionView): number {
	const cells = stageCells(view);
	return Math.min(state.stageCursor ?? currentCell(cells), cells.length - 1);
}
