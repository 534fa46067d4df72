import {messages} from '../../i18n/index.js';
import {faultSentences} from '../fault-text.js';
import type {TrafficFeed} from '../port.js';
import {type Row, span} from '../spans.js';
import {wrap} from '../text.js';
import {headerRow, messageRow} from './message-rows.js';
import type {ListedPage} from './page-reader.js';

/** The heading and `room` lines of the list, from line `from` on; lines that are not known yet are empty. */
export function listRows(
	page: ListedPage,
	from: number,
	room: number,
	feed: TrafficFeed,
	width: number,
	several: boolean,
): Row[] {
	if (page.fault) {
		const {message, hint} = faultSentences(page.fault);
		return wrap(`${message} ${hint}`, width).map((line): Row => [span(line, 'warn')]);
	}
	const lines = Array.from({length: Math.min(room, Math.max(page.total - from, 0))}, (_, i): Row => {
		const message = page.messages[from + i - page.first];
		return message
			? messageRow(message, feed, width, several)
			: [span(messages().screen.waiting.loading, 'dim')];
	});
	return lines.length === 0 ? [] : [headerRow(width, several), ...lines];
}
