import type {Exchange, Parties, QueryMessage} from '../../src/dbus/query/exchange.js';
import type {Query} from '../../src/dbus/query/query.js';
import type {TrafficMessage} from '../../src/dbus/types.js';
import {field} from '../../src/dbus/wire/header.js';
import type {TrafficFeed} from '../../src/tui/port.js';

/** Described messages for filters, for feeds of tests that have no frames. */
export function matchesIn(
	feed: Pick<TrafficFeed, 'get' | 'pair' | 'elapsed' | 'nameOf'> & Partial<Pick<TrafficFeed, 'arguments'>>,
	index: number,
	query: Query,
): boolean {
	const message = feed.get(index);
	if (message === undefined) return false;
	const other = feed.pair(message);
	const [first, reply] = message.type === 'call' ? [message, other] : [other ?? message, message];
	const exchange: Exchange = {
		first: asked(first, feed.arguments?.(first)),
		reply: reply && asked(reply, feed.arguments?.(reply)),
		elapsed: feed.elapsed(message),
		unanswered: message.type === 'call' && !message.noReply && other === undefined,
	};
	const parties: Parties = {
		aliases: (name) => [name, feed.nameOf(name)],
		owns: (uniqueName, name) => feed.nameOf(uniqueName) === name,
		version: 0,
	};
	return query.matches(exchange, parties);
}

function asked(message: TrafficMessage, body: string | undefined): QueryMessage {
	const texts: Record<number, string | undefined> = {
		[field.path]: message.path,
		[field.interface]: message.interface,
		[field.member]: message.member,
		[field.errorName]: message.errorName,
		[field.destination]: message.destination,
		[field.sender]: message.sender,
		[field.signature]: message.signature,
	};
	return {type: message.type, text: (code) => texts[code], body: () => [], bodyString: () => body ?? ''};
}
