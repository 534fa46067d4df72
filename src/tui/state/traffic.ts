import type {ProcessState} from '../../common/fault.js';
import type {SessionEvent} from '../../session/events.js';
import type {SessionView} from '../session-view.js';
import type {Mark} from '../traffic/marks.js';
import type {ScreenState} from './state.js';

/** The ways to look at the same messages. */
export type TrafficViewKind = 'list' | 'sequence' | 'statistics';

/** What the statistics are sorted by. */
export const statisticsOrders = ['count', 'rate', 'slowest', 'errors'] as const;
export type StatisticsOrder = (typeof statisticsOrders)[number];

export interface TrafficState {
	view: TrafficViewKind;
	/** The list takes all of the width, too. */
	wide: boolean;
	order: StatisticsOrder;
	/** Rows of the statistics that are scrolled away. */
	scroll: number;
	/** Freezes and thaws, as they happened. */
	marks: readonly Mark[];
	/** Saved filters: name → text. */
	saved: Readonly<Record<string, string>>;
}

export type TrafficAction =
	| {type: 'traffic-view'; view: TrafficViewKind}
	| {type: 'wide'; on: boolean}
	| {type: 'statistics-order'; order: StatisticsOrder}
	| {type: 'statistics-scroll'; scroll: number}
	| {type: 'saved-filters'; filters: Readonly<Record<string, string>>};

export const initialTraffic: TrafficState = {
	view: 'list',
	wide: false,
	order: 'count',
	scroll: 0,
	marks: [],
	saved: {},
};

/** A diagram and a table need all of the width; a list may have it. */
export function isWide({traffic: {view, wide}}: ScreenState): boolean {
	return wide || view !== 'list';
}

export function reduceTraffic(state: ScreenState, action: TrafficAction): ScreenState {
	const next = {...state, traffic: changed(state.traffic, action)};
	// A pane that is no longer shown cannot have the keys.
	return isWide(next) && next.focus === 'connections' ? {...next, focus: 'traffic'} : next;
}

function changed(traffic: TrafficState, action: TrafficAction): TrafficState {
	switch (action.type) {
		case 'traffic-view':
			return {...traffic, view: action.view, scroll: 0};
		case 'wide':
			return {...traffic, wide: action.on};
		case 'statistics-order':
			return {...traffic, order: action.order, scroll: 0};
		case 'statistics-scroll':
			return {...traffic, scroll: Math.max(action.scroll, 0)};
		case 'saved-filters':
			return {...traffic, saved: action.filters};
	}
}

/** Notes what a session event means for the traffic; `view` is the session as it was before the event. */
export function markEvent(traffic: TrafficState, view: SessionView, event: SessionEvent): TrafficState {
	const {checkpoint, session} = view;
	const kind = kindOf(session.process, event);
	const key = `${checkpoint} ${event.seq}`;
	if (kind === undefined || traffic.marks.some((mark) => mark.key === key)) return traffic;
	const mark: Mark = {
		key,
		at: event.at,
		kind,
		name: session.names[0] ?? session.comm,
		uniqueNames: session.connections.map(({uniqueName}) => uniqueName),
	};
	return {...traffic, marks: [...traffic.marks, mark].sort((a, b) => a.at - b.at)};
}

function kindOf(before: ProcessState, event: SessionEvent): Mark['kind'] | undefined {
	if (event.type === 'process') {
		if (event.state === 'frozen' || event.state === 'lost') return event.state;
		return event.state === 'running' && before === 'frozen' ? 'thawed' : undefined;
	}
	if (event.type !== 'failed') return undefined;
	if (event.fault.processState === 'lost') return 'lost';
	return event.operation === 'freeze' && event.fault.processState === 'running' ? 'aborted' : undefined;
}
