import type {Waiting} from '../../dbus/held/service.js';
import type {SessionEvent} from '../../session/events.js';

/** How many messages had come for a frozen service at one moment. */
interface Sample {
	/** Milliseconds since the epoch. */
	at: number;
	/** Those that wait and those that were refused. */
	came: number;
}

/** What comes for a frozen service, over time. */
export interface Backlog {
	samples: readonly Sample[];
	/** What was last told; stays when the service has got it. */
	last: Waiting | undefined;
}

export const emptyBacklog: Backlog = {samples: [], last: undefined};

/** Seconds that the chart can show. */
const keptSeconds = 120;
/** What is older when it is first told came before we looked, nobody knows how quickly; milliseconds. */
const recentMs = 1000;

/** Folds one event of the session; gives the same object when nothing has changed. */
export function foldBacklog(backlog: Backlog, event: SessionEvent): Backlog {
	if (event.type === 'started' && event.operation === 'freeze') return emptyBacklog;
	if (event.type !== 'waiting') return backlog;
	const {type, seq, at, ...last} = event;
	const sample = {at, came: last.messages + last.refused};
	if (backlog.samples.length === 0) {
		const isRecent = last.oldest !== undefined && last.oldest > at - recentMs;
		return {samples: isRecent ? [{at: last.oldest ?? at, came: 0}, sample] : [sample], last};
	}
	// One sample older than the chart, whose seconds are whole ones, says how many had come before it.
	const old = backlog.samples.findLastIndex((known) => known.at < at - (keptSeconds + 1) * 1000);
	return {samples: [...backlog.samples.slice(Math.max(old, 0)), sample], last};
}

/**
 * Messages a second in each of the last whole seconds, oldest first. The keeper tells only what has changed: in
 * between nothing came.
 * @param now milliseconds since the epoch.
 */
export function arrivalRates({samples}: Backlog, now: number, seconds = keptSeconds): number[] {
	const [first] = samples;
	if (!first) return [];
	const end = Math.floor(now / 1000);
	const from = Math.max(Math.floor(first.at / 1000), end - seconds);
	const came: number[] = [];
	let next = 0;
	let total = first.came;
	for (let second = from; second <= end; second++) {
		for (; (samples[next]?.at ?? Number.POSITIVE_INFINITY) <= second * 1000; next++)
			total = samples[next]?.came ?? total;
		came.push(total);
	}
	// Fewer than before: a policy was changed, or not all could be counted.
	return came.slice(1).map((count, i) => Math.max(count - (came[i] ?? 0), 0));
}
