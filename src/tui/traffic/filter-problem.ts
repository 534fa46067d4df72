import {QueryError} from '../../dbus/query/error.js';
import {parseQuery} from '../../dbus/query/query.js';
import {messages} from '../../i18n/index.js';
import {queryErrorText} from '../../i18n/query-text.js';
import type {ScreenState} from '../state/state.js';

/** Names of saved filters: one word, as it is written after `@`. */
const namePattern = /^[^\s()"']{1,64}$/;

/** Why what is being typed cannot be kept, as a sentence; undefined when it can. */
export function filterProblem({editing, filters, traffic}: ScreenState): string | undefined {
	const text = messages().screen.filter;
	if (editing?.pane === 'name') return namePattern.test(filters.name) ? undefined : text.badName;
	if (editing?.pane !== 'traffic') return undefined;
	try {
		parseQuery(filters.traffic, (name) => traffic.saved[name]);
		return undefined;
	} catch (error) {
		if (error instanceof QueryError) return queryErrorText(error, filters.traffic);
		throw error;
	}
}
