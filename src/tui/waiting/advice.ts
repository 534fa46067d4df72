import {messages} from '../../i18n/index.js';
import type {SessionView} from '../session-view.js';
import {formatBytes, formatCount, formatMs} from '../text.js';
import type {Tone} from '../theme.js';
import {countOf, troubleOf} from './summary-rows.js';

/** From here on a sentence has room for bytes beside the count. */
const wideEnough = 100;

/** What the line under the stage bar says of a frozen service. */
export function frozenAdvice({session}: SessionView, name: string, width: number): readonly [string, Tone] {
	const text = messages().screen.advice;
	const {waiting, policy} = session;
	const trouble = troubleOf(waiting);
	if (trouble !== undefined) return [text.frozenTrouble(name, trouble), 'bad'];
	const count = waiting ? countOf(waiting) : '0';
	const what =
		width >= wideEnough
			? text.messagesAndBytes(count, formatBytes(session.waitingBytes))
			: text.messagesOnly(count);
	return policy === 'refuse'
		? [text.frozenRefusing(name, formatCount(waiting?.refused ?? 0), what), 'ice']
		: [text.frozen(name, what), 'ice'];
}

/** The same after a thaw that left everything as it was. */
export function preservedAdvice(view: SessionView, name: string): readonly [string, Tone] {
	const text = messages().screen.advice;
	const {thaw, handedBack} = view.session;
	const downtime = formatMs(thaw?.timings.downtimeMs ?? 0);
	const delivered = handedBack?.messages ?? view.backlog.last?.messages ?? 0;
	return [
		delivered === 0
			? text.thawedPreserved(name, downtime)
			: text.thawedDelivered(name, downtime, formatCount(delivered)),
		'good',
	];
}
