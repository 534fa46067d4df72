import {escapeText} from '../../common/escape.js';
import {programName} from '../../common/program-name.js';
import {messages} from '../../i18n/index.js';
import type {ConnectionEntry} from '../selectors.js';
import {fitRow, justify, type Row, type Span, span} from '../spans.js';
import {formatBytes, shortName, widthOf} from '../text.js';

/** The bus daemon owns its own name and has no number. */
const daemonName = 'org.freedesktop.DBus';

/** One entry as one line (dense) or two, each exactly `width` columns. */
export function connectionRows(
	entry: ConnectionEntry,
	width: number,
	chosen: boolean,
	dense: boolean,
): Row[] {
	const mark = chosen ? '▸ ' : '  ';
	const unique = entry.uniqueName === daemonName ? '' : escapeText(entry.uniqueName);
	const right: Span[] = [span(unique, 'dim')];
	const others = entry.names.length > 1 ? ` +${entry.names.length - 1}` : '';
	const nameWidth = width - mark.length - (entry.frozen ? 2 : 0) - others.length - widthOf(unique) - 1;
	const name = entry.names[0] ?? programOf(entry) ?? unique;
	const left: Span[] = [
		span(mark, 'accent'),
		...(entry.frozen ? [span('❄ ', 'ice')] : []),
		span(shortName(name, nameWidth), entry.frozen ? 'ice' : entry.names.length > 0 ? 'plain' : 'dim'),
	];
	const first = justify([...left, span(others, 'dim')], right, width);
	return dense ? [first] : [first, fitRow([span('    '), ...facts(entry)], width)];
}

/** The program behind a connection, unescaped. */
function programOf({peer}: ConnectionEntry): string | undefined {
	return peer?.comm === undefined ? undefined : programName(peer.comm, peer.command);
}

function facts(entry: ConnectionEntry): Row {
	const text = messages().screen.connections;
	const {peer, frozen} = entry;
	if (frozen) {
		if (!frozen.keeperAlive) return [span(text.noKeeper, 'warn')];
		const waiting =
			frozen.waitingBytes === undefined ? '' : ` · ${text.waiting(formatBytes(frozen.waitingBytes))}`;
		return [span(text.frozen + waiting, 'ice')];
	}
	if (entry.uniqueName === daemonName) return [span(text.busItself, 'dim')];
	const parts = [
		peer?.pid === undefined ? '' : `${peer.pid} ${escapeText(programOf(entry) ?? '')}`.trim(),
		peer?.matchRules?.length ? text.rules(peer.matchRules.length) : '',
	];
	const queued =
		peer?.queue && peer.queue.messages > 0 ? [span(` · ${text.queued(peer.queue.messages)}`, 'warn')] : [];
	return [span(parts.filter(Boolean).join(' · '), 'dim'), ...queued];
}
