import {useMemo} from 'react';
import {escapeText} from '../../common/escape.js';
import type {TrafficMessage} from '../../dbus/types.js';
import {messages} from '../../i18n/index.js';
import {queryErrorText} from '../../i18n/query-text.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {useRates, useTrafficTick} from '../hooks/use-traffic.js';
import {type Row, span} from '../spans.js';
import {type Entry, lastEntries, withGaps, withMarks} from './marks.js';

/** A message that is in view; undefined when it has left the memory. */
export interface Shown {
	index: number;
	message: TrafficMessage | undefined;
}

export interface MessageWindow {
	/** At most `room` messages and marks, oldest first. */
	entries: ReadonlyArray<Entry<Shown>>;
	/** Instead of entries, or below them: why there is nothing to see. */
	remarks: readonly Row[];
	/** For the upper edge: that the display stands still, or how many newer ones there are. */
	corner: Row;
	focused: boolean;
	/** Index of the chosen message. */
	chosen: number | undefined;
}

/** The messages that a pane with `room` rows shows now: through the filter, at the cursor, with the marks. */
export function useMessageWindow(room: number): MessageWindow {
	const {traffic, port, metrics} = useScreen().controller;
	const state = useScreenState();
	const tick = useTrafficTick();
	// Calls that wait are drawn with how long they have.
	const rates = useRates();
	const text = messages().screen.traffic;
	metrics.traffic = room;
	traffic.setFilter(state.filters.traffic, state.traffic.saved);
	const {messageCursor: cursor, pausedAt} = state;
	const {marks} = state.traffic;
	const {query} = traffic;
	// The messages move on with the clock only: a key that changes nothing here finds what was drawn before.
	// biome-ignore lint/correctness/useExhaustiveDependencies: the clock tells that the feed has changed
	const {entries, below} = useMemo(() => {
		const window = traffic.window(room, cursor?.bottom ?? null, pausedAt);
		const all = withGaps(marks, port.traffic.gaps(), port.traffic.now());
		const mixed = withMarks(window.rows, ({message}) => message?.at, all, window.below === 0);
		return {entries: lastEntries(mixed, room, ({index}) => index === cursor?.index), below: window.below};
	}, [traffic, port, room, cursor, pausedAt, marks, query, tick, rates]);
	const focused = state.focus === 'traffic' && !state.modal;
	const remarks: Row[] = [];
	const status = port.traffic.status();
	if (status.mode === 'off') remarks.push([span(text.off(escapeText(status.reason ?? '')), 'bad')]);
	// A saved filter that it names may be gone.
	else if (traffic.error && !state.editing) {
		remarks.push([span(queryErrorText(traffic.error, state.filters.traffic), 'warn')]);
	} else if (entries.length === 0) {
		remarks.push([span(state.filters.traffic ? text.noMatch : text.none, 'dim')]);
	}
	const mode = text.modes[status.mode];
	const corner =
		pausedAt !== null
			? [span(`⏸ ${text.paused(below)}`, 'warn')]
			: cursor
				? [span(text.scrolled(below, focused ? 'G' : 'esc'), 'accent')]
				: mode === undefined
					? []
					: [span(mode, 'warn')];
	return {entries, remarks, corner, focused, chosen: cursor?.index};
}
