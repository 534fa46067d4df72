import {patienceMs} from '../../common/patience.js';
import type {TrafficMessage} from '../../dbus/types.js';
import type {TrafficFeed} from '../port.js';

/** Milliseconds below which waiting is nothing to be told of: answers come in pairs with their calls. */
const promptMs = 200;

/** What has become of a call: `ms` since it was made, or until its answer. */
export interface Answer {
	kind: 'answered' | 'waiting' | 'unanswered' | 'not-wanted';
	ms: number;
}

/** Undefined: the message is no call, or one whose answer may still be on its way. */
export function answerOf(message: TrafficMessage, feed: TrafficFeed): Answer | undefined {
	if (message.type !== 'call') return undefined;
	const elapsed = feed.elapsed(message);
	if (elapsed !== undefined) return {kind: 'answered', ms: elapsed};
	const ms = Math.max(feed.now() - message.at, 0);
	if (message.noReply) return {kind: 'not-wanted', ms};
	if (ms < promptMs) return undefined;
	return {kind: ms > patienceMs || hasLeft(message, feed) ? 'unanswered' : 'waiting', ms};
}

/** Too young for its answer to be missed: who asks for calls without one asks again later. */
export function isFresh({at}: TrafficMessage): boolean {
	return Date.now() - at < promptMs;
}

/** Nobody waits for the answer any more. */
function hasLeft({sender}: TrafficMessage, feed: TrafficFeed): boolean {
	return sender !== undefined && feed.applicationOf(sender)?.left === true;
}
