import {queryTerm} from '../../dbus/query/query.js';
import type {TrafficMessage} from '../../dbus/types.js';
import type {TrafficFeed} from '../port.js';

type Term = readonly [key: Parameters<typeof queryTerm>[0], value: string];

/** The filter, and beside it "only what is like this message", or "nothing like it". */
export function narrowedTo(
	filter: string,
	message: TrafficMessage,
	feed: Pick<TrafficFeed, 'pair'>,
	negated: boolean,
): string {
	return withTerms(filter, likeMessage(message, feed), negated);
}

/** The filter, and beside it "only what this connection sends or gets". */
export function narrowedToParty(filter: string, uniqueName: string): string {
	return withTerms(filter, [['with', uniqueName]], false);
}

/** What a person means by "this": the member, of an answer that of its call. */
function likeMessage(message: TrafficMessage, feed: Pick<TrafficFeed, 'pair'>): Term[] {
	const isAnswer = message.type === 'return' || message.type === 'error';
	const {interface: name, member} = (isAnswer ? feed.pair(message) : undefined) ?? message;
	if (member !== undefined) return [...(name ? [['interface', name] as const] : []), ['member', member]];
	if (message.errorName !== undefined) return [['error', message.errorName]];
	return message.sender === undefined ? [] : [['from', message.sender]];
}

function withTerms(filter: string, terms: readonly Term[], negated: boolean): string {
	const before = filter.trim();
	// `a or b` and one more term would mean something else than both.
	const group = /(^|[\s)])or([\s(]|$)/i.test(before) ? `(${before})` : before;
	const written = terms.map(([key, value]) => queryTerm(key, value));
	const added = !negated
		? written.join(' ')
		: written.length > 1
			? `-(${written.join(' ')})`
			: `-${written[0]}`;
	// Pressed twice it says the same.
	return before.includes(added) ? before : [group, added].filter(Boolean).join(' ');
}
