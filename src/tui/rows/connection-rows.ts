import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import type {ConnectionEntry} from '../selectors.js';
import {fitRow, justify, type Row, type Span, span} from '../spans.js';
import {countOf, troubleOf} from '../waiting/summary-rows.js';
import {daemonName, numberOf, otherNames, programOf} from './connection-names.js';

/** One entry, called `name`, as one line (dense) or two, each exactly `width` columns. */
export function connectionRows(
	entry: ConnectionEntry,
	name: string,
	width: number,
	chosen: boolean,
	dense: boolean,
): Row[] {
	const mark = chosen ? '▸ ' : '  ';
	const left: Span[] = [
		span(mark, 'accent'),
		...(entry.frozen ? [span('❄ ', 'ice')] : []),
		span(name, entry.frozen ? 'ice' : entry.names.length > 0 ? 'plain' : 'dim'),
	];
	const first = justify([...left, span(otherNames(entry), 'dim')], [span(numberOf(entry), 'dim')], width);
	return dense ? [first] : [first, fitRow([span('    '), ...facts(entry)], width)];
}

function facts(entry: ConnectionEntry): Row {
	const text = messages().screen.connections;
	const {peer, frozen} = entry;
	if (frozen) {
		if (!frozen.keeperAlive) return [span(text.noKeeper, 'warn')];
		const {waiting, policy} = frozen;
		const trouble = troubleOf(waiting);
		if (trouble !== undefined) return [span(trouble, 'bad')];
		const standing = policy === 'refuse' ? text.refusing : text.frozen;
		return [span(waiting ? `${standing} · ${text.waiting(countOf(waiting))}` : standing, 'ice')];
	}
	if (entry.uniqueName === daemonName) return [span(text.busItself, 'dim')];
	if (entry.standsIn) return [span(text.standIn, 'dim')];
	const parts = [
		peer?.pid === undefined ? '' : `${peer.pid} ${escapeText(programOf(entry) ?? '')}`.trim(),
		peer?.matchRules?.length ? text.rules(peer.matchRules.length) : '',
	];
	const queued =
		peer?.queue && peer.queue.messages > 0 ? [span(` · ${text.queued(peer.queue.messages)}`, 'warn')] : [];
	return [span(parts.filter(Boolean).join(' · '), 'dim'), ...queued];
}
