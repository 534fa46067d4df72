import {escapeText} from '../../common/escape.js';
import {standingText} from '../../i18n/standing-text.js';
import type {CheckpointsModal} from '../state/modals.js';
import type {ScreenState} from '../state/state.js';
import type {CheckpointEntry} from './feed.js';

/** What to call a checkpoint: its service's first name or command, else its folder; safe to print. */
export function titleOf({name, facts}: CheckpointEntry): string {
	return escapeText(facts?.names[0] ?? facts?.comm ?? name);
}

/** Those that the filter lets through, newest first. */
export function listedEntries({checkpoints, filters}: ScreenState): readonly CheckpointEntry[] {
	const {list = []} = checkpoints;
	const words = filters.checkpoints.toLowerCase().split(/\s+/).filter(Boolean);
	if (words.length === 0) return list;
	return list.filter((entry) => {
		const text = haystack(entry);
		return words.every((word) => text.includes(word));
	});
}

function haystack({name, standing, facts}: CheckpointEntry): string {
	const {names = [], pid, comm, hostname, bus, movedTo} = facts ?? {};
	const words = [
		name,
		standing,
		standingText(standing, movedTo),
		...names,
		pid,
		comm,
		hostname,
		bus?.address,
	];
	return words.join(' ').toLowerCase();
}

/** The window of all checkpoints, if it is open or will be again. */
export function checkpointsModal({modal}: ScreenState): CheckpointsModal | undefined {
	for (let at = modal; at !== undefined; at = 'from' in at ? at.from : undefined)
		if (at.kind === 'checkpoints') return at;
	return undefined;
}

/** Place of the chosen one among those listed; -1 when there are none. */
export function chosenIndex(entries: readonly CheckpointEntry[], {chosen, at}: CheckpointsModal): number {
	const index = entries.findIndex(({name}) => name === chosen);
	return index >= 0 ? index : Math.min(at, entries.length - 1);
}

export function chosenEntry(state: ScreenState): CheckpointEntry | undefined {
	const modal = checkpointsModal(state);
	if (!modal) return undefined;
	const entries = listedEntries(state);
	return entries[chosenIndex(entries, modal)];
}
